using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>Arithmetic of two tensors, element by element. Along an axis on which one of them has length 1 it is repeated.</summary>
public static partial class Broadcast
{
    /// <summary>c = f(a, b).</summary>
    /// <typeparam name="TOp">f, such as <see cref="Times"/>.</typeparam>
    /// <param name="a">Up to four axes.</param>
    /// <param name="b">As many axes, each as long as a's, or one of the two of length 1: [N, 1, 1, C] or [1, 1, 1, C] with [N, H, W,
    /// C].</param>
    /// <returns>The longer of both on each axis.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    public static Tensor<float> Forward<TOp>(Tensor<float> a, Tensor<float> b)
        where TOp : unmanaged, IBinaryOp
    {
        var c = Tensor<float>.Rent(a.Device, OutputShape(a.Shape, b.Shape));
        ForwardInto<TOp>(a, b, c);
        return c;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be an operand of its size.</summary>
    internal static void ForwardInto<TOp>(Tensor<float> a, Tensor<float> b, Tensor<float> c)
        where TOp : unmanaged, IBinaryOp
    {
        var geometry = BroadcastGeometry.Of(a.Shape, b.Shape);
        Shapes.Same("Broadcast", a.Shape == b.Shape ? a.Shape : OutputShape(a.Shape, b.Shape), c.Shape);
        Shapes.SameDevice("Broadcast", a.Device, b, c);
        if (c.Shape.Count == 0)
            return;
        if (a.Device is HostDevice host)
            Host<TOp>(host, geometry, a, b, c);
        else
            ((GpuDevice)a.Device).Launch(c.Shape.Count, new Kernel<TOp>(a.View, b.View, c.View, geometry));
    }

    /// <summary>The result's shape.</summary>
    /// <param name="a">Of the first operand.</param>
    /// <param name="b">Of the second operand.</param>
    /// <param name="operation">What is computed, for messages.</param>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    public static Shape OutputShape(Shape a, Shape b, string operation = "Broadcast") => BroadcastGeometry.OutputShape(a, b, operation);

    /// <summary>f as a tape records it; inputs a and b.</summary>
    /// <typeparam name="TOp">f.</typeparam>
    public sealed record Function<TOp> : DifferentiableFunction
        where TOp : unmanaged, IBinaryOp
    {
        /// <inheritdoc/>
        public override string Name => $"{TOp.Kind}";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (a, b) = (context[0], context[1]);
            var c = Broadcast.Forward<TOp>(a, b);
            if (TOp.Kind == Arithmetic.Times)
                context.Save(context.NeedsGradient(1) ? a : null, context.NeedsGradient(0) ? b : null);
            else if (TOp.Kind == Arithmetic.Over)
                context.Save(context.NeedsGradient(1) ? c : null, b);
            return c;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy)
        {
            using var scope = dy.Device.BeginScope();
            Tensor<float>? Of(int input, Func<Tensor<float>> gradient)
            {
                if (!context.NeedsGradient(input))
                    return null;
                var sum = SumTo.Forward(gradient(), context.ShapeOf(input));
                return ReferenceEquals(sum, dy) ? dy : scope.Keep(sum);
            }

            return TOp.Kind switch
            {
                Arithmetic.Plus => [Of(0, () => dy), Of(1, () => dy)],
                Arithmetic.Minus => [Of(0, () => dy), Of(1, () => Scale.Forward(dy, -1))],
                Arithmetic.Times =>
                [
                    Of(0, () => Broadcast.Forward<Times>(dy, context.Saved(1))),
                    Of(1, () => Broadcast.Forward<Times>(dy, context.Saved(0))),
                ],
                _ =>
                [
                    Of(0, () => Broadcast.Forward<Over>(dy, context.Saved(1))),
                    Of(
                        1,
                        () => Scale.Forward(Broadcast.Forward<Over>(Broadcast.Forward<Times>(dy, context.Saved(0)), context.Saved(1)), -1)
                    ),
                ],
            };
        }
    }
}
