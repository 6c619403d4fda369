using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>Functions with options.</summary>
public static partial class Map
{
    /// <summary>y = f(x).</summary>
    /// <param name="op">f with its options, such as <see cref="LeakyRelu"/>.</param>
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public static Tensor<float> Forward<TOp>(TOp op, Tensor<float> x)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(op, x, y);
        return y;
    }

    /// <summary>As <see cref="Forward{TOp}(TOp, Tensor{float})"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto<TOp>(TOp op, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        Shapes.Same("Map", x.Shape, y.Shape);
        Shapes.SameDevice("Map", x.Device, y);
        if (x.Device is HostDevice host)
            Host(host, op, x, y);
        else
            Gpu((GpuDevice)x.Device, op, x, y);
    }

    /// <summary>dx = f′(x) · dy.</summary>
    /// <param name="op">f with its options.</param>
    /// <param name="read">x or f(x), as f's <see cref="PullbackReads"/> says, any shape; if it reads nothing, any tensor of that
    /// shape, such as dy.</param>
    /// <param name="dy">Of the same shape.</param>
    /// <returns>Gradient of x, of the same shape.</returns>
    public static Tensor<float> Pullback<TOp>(TOp op, Tensor<float> read, Tensor<float> dy)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        var dx = Tensor<float>.Rent(read.Device, Shapes.Same("Map", read.Shape, dy.Shape));
        Shapes.SameDevice("Map", read.Device, dy);
        if (read.Device is HostDevice host)
            PullbackHost(host, op, read, dy, dx);
        else
            PullbackGpu((GpuDevice)read.Device, op, read, dy, dx);
        return dx;
    }

    /// <summary>The function as a tape records it; input x.</summary>
    /// <param name="Op">f with its options.</param>
    public sealed record FunctionWithOptions<TOp>(TOp Op) : DifferentiableFunction
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        /// <inheritdoc/>
        public override string Name => "Map";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var x = context[0];
            var y = Map.Forward(Op, x);
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
            [Map.Pullback(Op, TOp.PullbackReads == PullbackReads.Nothing ? dy : context.Saved(0), dy)];
    }
}
