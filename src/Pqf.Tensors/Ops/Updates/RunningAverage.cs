using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Updates;

/// <summary>Averages that follow what is seen from step to step, such as a norm's running statistics.</summary>
public static partial class RunningAverage
{
    /// <summary>average = (1 − momentum) · average + momentum · scale · seen, in place.</summary>
    /// <param name="average">Overwritten: state of a run.</param>
    /// <param name="seen">Of the same shape.</param>
    /// <param name="momentum">PyTorch's word for the weight of what is new, 0 to 1.</param>
    /// <param name="scale">n / (n − 1) makes a variance over n values unbiased.</param>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static void Update(Tensor<float> average, Tensor<float> seen, float momentum, float scale = 1)
    {
        Shapes.Same("RunningAverage", average.Shape, seen.Shape);
        Shapes.SameDevice("RunningAverage", average.Device, seen);
        if (average.Device is HostDevice)
            UpdateHost(average, seen, momentum, scale);
        else
            ((GpuDevice)average.Device).Launch(average.Shape.Count, new Kernel(average.View, seen.View, momentum, scale));
    }

    static unsafe void UpdateHost(Tensor<float> average, Tensor<float> seen, float momentum, float scale)
    {
        for (int i = 0; i < average.Shape.Count; i++) // some hundred values: not worth the other threads
            average.Pointer[i] = ((1 - momentum) * average.Pointer[i]) + (momentum * (scale * seen.Pointer[i]));
    }
}
