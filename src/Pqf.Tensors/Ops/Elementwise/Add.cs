using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>Sum of two tensors.</summary>
public static partial class Add
{
    /// <summary>c = a + b.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static Tensor<float> Forward(Tensor<float> a, Tensor<float> b)
    {
        var c = Tensor<float>.Rent(a.Device, Shapes.Same("Add", a.Shape, b.Shape));
        ForwardInto(a, b, c);
        return c;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be an operand itself.</summary>
    internal static void ForwardInto(Tensor<float> a, Tensor<float> b, Tensor<float> c)
    {
        Shapes.Same("Add", Shapes.Same("Add", a.Shape, b.Shape), c.Shape);
        Shapes.SameDevice("Add", a.Device, b, c);
        if (a.Device is HostDevice host)
            Host(host, a, b, c);
        else
            Gpu((GpuDevice)a.Device, a, b, c);
    }

    /// <summary>The sum as a tape records it; inputs a and b.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Add";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Add.Forward(context[0], context[1]);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) => [dy, dy];
    }
}
