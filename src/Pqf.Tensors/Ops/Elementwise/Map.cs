using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

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

    /// <summary>As <see cref="Forward{TOp}(Tensor{float})"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto<TOp>(Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp
    {
        Shapes.Same("Map", x.Shape, y.Shape);
        Shapes.SameDevice("Map", x.Device, y);
        if (x.Device is HostDevice host)
            Host(host, default(Plain<TOp>), x, y);
        else
            Gpu<TOp>((GpuDevice)x.Device, x, y);
    }

    /// <summary>dx = f′(x) · dy.</summary>
    /// <typeparam name="TOp">f.</typeparam>
    /// <param name="read">x or f(x), as f's <see cref="PullbackReads"/> says, any shape; if it reads nothing, any tensor of that
    /// shape, such as dy.</param>
    /// <param name="dy">Of the same shape.</param>
    /// <returns>Gradient of x, of the same shape.</returns>
    public static Tensor<float> Pullback<TOp>(Tensor<float> read, Tensor<float> dy)
        where TOp : unmanaged, IUnaryOp
    {
        var dx = Tensor<float>.Rent(read.Device, read.Shape);
        PullbackInto<TOp>(read, dy, dx);
        return dx;
    }

    /// <summary>As <see cref="Pullback{TOp}(Tensor{float}, Tensor{float})"/>, into a given tensor, which may be dy itself.</summary>
    internal static void PullbackInto<TOp>(Tensor<float> read, Tensor<float> dy, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOp
    {
        Shapes.Same("Map", read.Shape, dy.Shape);
        Shapes.Same("Map", read.Shape, dx.Shape);
        Shapes.SameDevice("Map", read.Device, dy, dx);
        if (read.Device is HostDevice host)
            PullbackHost(host, default(Plain<TOp>), read, dy, dx);
        else
            PullbackGpu<TOp>((GpuDevice)read.Device, read, dy, dx);
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
            var x = context[0];
            var y = Map.Forward<TOp>(x);
            context.Save(
                TOp.PullbackReads switch
                {
                    PullbackReads.Input => x,
                    PullbackReads.Output => y,
                    _ => null,
                }
            );
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Map.Pullback<TOp>(TOp.PullbackReads == PullbackReads.Nothing ? dy : context.Saved(0), dy)];
    }
}
