using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Matrix product.</summary>
public static partial class MatMul
{
    /// <summary>c = a · b.</summary>
    /// <param name="a">[m, k], or [k, m] if transposed.</param>
    /// <param name="b">[k, n], or [n, k] if transposed.</param>
    /// <param name="transpose">Operands stored transposed.</param>
    /// <returns>[m, n]; zeros when k is 0.</returns>
    /// <exception cref="ShapeException">Inner lengths differ.</exception>
    public static Tensor<float> Forward(Tensor<float> a, Tensor<float> b, Transpose transpose = Transpose.None)
    {
        var (m, n, k) = Sizes(a.Shape, b.Shape, transpose);
        Shapes.SameDevice("MatMul", a.Device, b);
        var c = Tensor<float>.Rent(a.Device, [m, n]);
        if (c.Shape.Count == 0)
            return c;
        if (a.Device is HostDevice host)
            Host(host, a, b, transpose, m, n, k, c);
        else
            Gpu((GpuDevice)a.Device, a, b, transpose, m, n, k, c);
        return c;
    }

    /// <summary>Gradient of the left operand.</summary>
    /// <param name="b">As given to <see cref="Forward"/>.</param>
    /// <param name="dc">[m, n].</param>
    /// <param name="transpose">As given to <see cref="Forward"/>.</param>
    /// <returns>[m, k], or [k, m] if a is stored transposed.</returns>
    public static Tensor<float> LeftPullback(Tensor<float> b, Tensor<float> dc, Transpose transpose = Transpose.None) =>
        transpose switch
        {
            Transpose.None => Forward(dc, b, Transpose.B),
            Transpose.A => Forward(b, dc, Transpose.B),
            Transpose.B => Forward(dc, b),
            _ => Forward(b, dc, Transpose.A | Transpose.B),
        };

    /// <summary>Gradient of the right operand.</summary>
    /// <param name="a">As given to <see cref="Forward"/>.</param>
    /// <param name="dc">[m, n].</param>
    /// <param name="transpose">As given to <see cref="Forward"/>.</param>
    /// <returns>[k, n], or [n, k] if b is stored transposed.</returns>
    public static Tensor<float> RightPullback(Tensor<float> a, Tensor<float> dc, Transpose transpose = Transpose.None) =>
        transpose switch
        {
            Transpose.None => Forward(a, dc, Transpose.A),
            Transpose.A => Forward(a, dc),
            Transpose.B => Forward(dc, a, Transpose.A),
            _ => Forward(dc, a, Transpose.A | Transpose.B),
        };

    /// <summary>Rows and columns of the result, and terms of each sum.</summary>
    static (int M, int N, int K) Sizes(Shape a, Shape b, Transpose transpose)
    {
        bool transposeA = transpose.HasFlag(Transpose.A),
            transposeB = transpose.HasFlag(Transpose.B);
        if (a.Rank != 2 || b.Rank != 2 || a[transposeA ? 0 : 1] != b[transposeB ? 1 : 0])
            throw new ShapeException(
                "MatMul",
                $"expected {(transposeA ? "[k, m]" : "[m, k]")} x {(transposeB ? "[n, k]" : "[k, n]")}, got {a} x {b}"
            );
        return (a[transposeA ? 1 : 0], b[transposeB ? 0 : 1], a[transposeA ? 0 : 1]);
    }

    /// <summary>The product as a tape records it; inputs a and b.</summary>
    /// <param name="Transpose">Operands stored transposed.</param>
    public sealed record Function(Transpose Transpose = Transpose.None) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "MatMul";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (a, b) = (context[0], context[1]);
            context.Save(context.NeedsGradient(1) ? a : null, context.NeedsGradient(0) ? b : null);
            return MatMul.Forward(a, b, Transpose);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [
                context.NeedsGradient(0) ? LeftPullback(context.Saved(1), dy, Transpose) : null,
                context.NeedsGradient(1) ? RightPullback(context.Saved(0), dy, Transpose) : null,
            ];
    }
}
