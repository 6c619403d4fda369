using System.Collections.Immutable;
using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A function of one number, in a scalar form for both devices and a vector form for the host.</summary>
public interface IUnaryOp
{
    /// <summary>One number. Also compiled for the GPU.</summary>
    static abstract float Apply(float x);

    /// <summary>A vector of the processor's usual width.</summary>
    static abstract Vector<float> Apply(Vector<float> x);

    /// <summary>The gradient of x from the function's value and its gradient. Also compiled for the GPU.</summary>
    static abstract float Pullback(float y, float dy);

    /// <summary>The same for vectors.</summary>
    static abstract Vector<float> Pullback(Vector<float> y, Vector<float> dy);
}

/// <summary>max(x, 0); NaN stays NaN.</summary>
public readonly struct Relu : IUnaryOp
{
    /// <inheritdoc/>
    public static float Apply(float x) =>
        float.IsNaN(x) ? x
        : x < 0f ? 0f
        : x; // NaN first: GPU compilers may take a comparison with NaN as true

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) =>
        Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);

    /// <summary>Slope 0 at 0, as in PyTorch; a gradient passes NaN.</summary>
    public static float Pullback(float y, float dy) =>
        float.IsNaN(y) ? dy
        : y > 0f ? dy
        : 0f;

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(y, Vector<float>.Zero), Vector<float>.Zero, dy);
}

/// <summary>1 / (1 + exp(−x)).</summary>
public readonly struct Sigmoid : IUnaryOp
{
    /// <inheritdoc/>
    public static float Apply(float x) => 1f / (1f + MathF.Exp(-x)); // an infinite exponential gives 0

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));

    /// <inheritdoc/>
    public static float Pullback(float y, float dy) => dy * y * (1f - y);

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) => dy * y * (Vector<float>.One - y);
}

/// <summary>Element by element.</summary>
public static partial class Map
{
    /// <summary>y = f(x).</summary>
    /// <typeparam name="TOp">f, such as <see cref="Relu"/>.</typeparam>
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public static Tensor<float> Forward<TOp>(Tensor<float> x)
        where TOp : unmanaged, IUnaryOp
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto<TOp>(x, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto<TOp>(Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp
    {
        Shapes.Same("Map", x.Shape, y.Shape);
        Shapes.SameDevice("Map", x.Device, y);
        if (x.Device is HostDevice host)
            Host<TOp>(host, x, y);
        else
            Gpu<TOp>((GpuDevice)x.Device, x, y);
    }

    /// <summary>dx = f′(x) · dy.</summary>
    /// <typeparam name="TOp">f.</typeparam>
    /// <param name="y">f(x), any shape.</param>
    /// <param name="dy">Of the same shape.</param>
    /// <returns>Gradient of x, of the same shape.</returns>
    public static Tensor<float> Pullback<TOp>(Tensor<float> y, Tensor<float> dy)
        where TOp : unmanaged, IUnaryOp
    {
        var dx = Tensor<float>.Rent(y.Device, y.Shape);
        PullbackInto<TOp>(y, dy, dx);
        return dx;
    }

    /// <summary>As <see cref="Pullback"/>, into a given tensor, which may be dy itself.</summary>
    internal static void PullbackInto<TOp>(Tensor<float> y, Tensor<float> dy, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOp
    {
        Shapes.Same("Map", y.Shape, dy.Shape);
        Shapes.Same("Map", y.Shape, dx.Shape);
        Shapes.SameDevice("Map", y.Device, dy, dx);
        if (y.Device is HostDevice host)
            PullbackHost<TOp>(host, y, dy, dx);
        else
            PullbackGpu<TOp>((GpuDevice)y.Device, y, dy, dx);
    }

    /// <summary>The function as a tape records it; input x.</summary>
    /// <typeparam name="TOp">f.</typeparam>
    public sealed record Function<TOp> : DifferentiableFunction
        where TOp : unmanaged, IUnaryOp
    {
        /// <inheritdoc/>
        public override string Name => "Map";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var y = Map.Forward<TOp>(context[0]);
            context.Save(y);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Map.Pullback<TOp>(context.Saved(0), dy)];
    }
}
