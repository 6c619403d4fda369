using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Updates;

/// <summary>Settings of one step of gradient descent.</summary>
/// <param name="LearningRate">Step along the velocity.</param>
/// <param name="Momentum">Share of the velocity that stays; 0 for none.</param>
/// <param name="WeightDecay">Share of the parameter added to its gradient; 0 for none.</param>
public readonly record struct SgdStep(float LearningRate, float Momentum, float WeightDecay);

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
