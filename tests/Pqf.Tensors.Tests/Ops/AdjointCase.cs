using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Testing;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Checks of ops that are given as a function of a tape and as a loop in double.</summary>
static class AdjointCase
{
    /// <summary>Fails unless the recorded pull-back of the first input is adjoint to the derivative of the loop.</summary>
    /// <param name="device">Where the op runs.</param>
    /// <param name="function">The op.</param>
    /// <param name="loop">The same in double.</param>
    /// <param name="x">Where.</param>
    /// <param name="key">Of the directions.</param>
    /// <param name="terms">Products that a gradient sums.</param>
    /// <param name="others">Further inputs.</param>
    public static void Check(
        Device device,
        DifferentiableFunction function,
        Func<double[], double[]> loop,
        Numbers x,
        RngKey key,
        int terms,
        params Tensor<float>[] others
    )
    {
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(x.On(device));
        var y = tape.Apply(function, [leaf, .. others.Select(Tape.Constant)]);
        var (u, v) = (Numbers.Normal(key.Fold("u"), y.Shape), Numbers.Normal(key.Fold("v"), x.Shape));
        var dx = tape.Backward(y, u.On(device), leaf)[0];
        Adjoint.Check(Adjoint.Derivative(loop, x, v), u, v, dx, terms);
    }
}
