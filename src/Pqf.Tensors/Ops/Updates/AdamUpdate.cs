using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Updates;

/// <summary>One step of Adam (Kingma and Ba 2015, algorithm 1, in PyTorch's order of operations), all in place and in one pass.</summary>
public static partial class AdamUpdate
{
    /// <summary>average = β₁ · average + (1 − β₁) · gradient, likewise its square with β₂, then parameter −= stepSize · average / (√squares
    /// · rootScale + eps).</summary>
    /// <param name="parameter">Overwritten.</param>
    /// <param name="gradient">Of the same shape.</param>
    /// <param name="average">Overwritten; of the same shape.</param>
    /// <param name="squares">Overwritten; of the same shape.</param>
    /// <param name="step">Settings of this step.</param>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static void Run(Tensor<float> parameter, Tensor<float> gradient, Tensor<float> average, Tensor<float> squares, AdamStep step)
    {
        foreach (var tensor in (ReadOnlySpan<Tensor<float>>)[gradient, average, squares])
            Shapes.Same("AdamUpdate", parameter.Shape, tensor.Shape);
        Shapes.SameDevice("AdamUpdate", parameter.Device, gradient, average, squares);
        if (parameter.Device is HostDevice host)
            Host(host, parameter, gradient, average, squares, step);
        else
            ((GpuDevice)parameter.Device).Launch(
                parameter.Shape.Count,
                new Kernel(parameter.View, gradient.View, average.View, squares.View, step)
            );
    }
}
