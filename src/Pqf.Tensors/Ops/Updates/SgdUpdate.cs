using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Updates;

/// <summary>One step of gradient descent with momentum (Sutskever et al. 2013, §2, in PyTorch's form), all in place and in one
/// pass.</summary>
public static partial class SgdUpdate
{
    /// <summary>velocity = momentum · velocity + gradient + weightDecay · parameter, then parameter −= learningRate · velocity.</summary>
    /// <param name="parameter">Overwritten.</param>
    /// <param name="gradient">Of the same shape.</param>
    /// <param name="velocity">Overwritten; of the same shape.</param>
    /// <param name="step">Settings of this step.</param>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static void Run(Tensor<float> parameter, Tensor<float> gradient, Tensor<float> velocity, SgdStep step)
    {
        Shapes.Same("SgdUpdate", Shapes.Same("SgdUpdate", parameter.Shape, gradient.Shape), velocity.Shape);
        Shapes.SameDevice("SgdUpdate", parameter.Device, gradient, velocity);
        if (parameter.Device is HostDevice host)
            Host(host, parameter, gradient, velocity, step);
        else
            ((GpuDevice)parameter.Device).Launch(parameter.Shape.Count, new Kernel(parameter.View, gradient.View, velocity.View, step));
    }
}
