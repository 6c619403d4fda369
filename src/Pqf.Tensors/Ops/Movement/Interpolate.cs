using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Images resized without filtering, as PyTorch's <c>interpolate</c> to a given size.</summary>
public static partial class Interpolate
{
    /// <summary>y = x resized.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="size">Rows and columns of the result.</param>
    /// <param name="mode">Nearest or bilinear.</param>
    /// <param name="factors">Output pixels for an input pixel, where they are not the quotient of the sizes.</param>
    /// <returns>[N, size, C].</returns>
    /// <exception cref="ShapeException">There are no pixels to interpolate between.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Pair size, InterpolationMode mode, ResizeFactors? factors = null)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, size));
        ForwardInto(x, mode, y, factors);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, to the size of a given tensor.</summary>
    internal static void ForwardInto(Tensor<float> x, InterpolationMode mode, Tensor<float> y, ResizeFactors? factors = null)
    {
        var resize = Sizes(x.Shape, y.Shape, factors);
        Shapes.SameDevice("Interpolate", x.Device, y);
        switch (mode)
        {
            case InterpolationMode.Nearest:
                Run<Nearest>(resize, x, y);
                break;
            case InterpolationMode.NearestCentre:
                Run<NearestCentre>(resize, x, y);
                break;
            case InterpolationMode.BilinearAligned:
                Run<BilinearAligned>(resize, x, y);
                break;
            case InterpolationMode.BilinearAsymmetric:
                Run<BilinearAsymmetric>(resize, x, y);
                break;
            default:
                Run<Bilinear>(resize, x, y);
                break;
        }
    }

    /// <summary>Each output's gradient to the pixels it was interpolated from, in their parts.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="mode">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[N, size, C].</param>
    /// <param name="factors">As given there.</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Shape x, InterpolationMode mode, Tensor<float> dy, ResizeFactors? factors = null)
    {
        var resize = Sizes(x, dy.Shape, factors);
        var dx = Tensor<float>.Rent(dy.Device, x);
        switch (mode)
        {
            case InterpolationMode.Nearest:
                RunPullback<Nearest>(resize, dy, dx);
                break;
            case InterpolationMode.NearestCentre:
                RunPullback<NearestCentre>(resize, dy, dx);
                break;
            case InterpolationMode.BilinearAligned:
                RunPullback<BilinearAligned>(resize, dy, dx);
                break;
            case InterpolationMode.BilinearAsymmetric:
                RunPullback<BilinearAsymmetric>(resize, dy, dx);
                break;
            default:
                RunPullback<Bilinear>(resize, dy, dx);
                break;
        }

        return dx;
    }

    static void Run<TMode>(Resize resize, Tensor<float> x, Tensor<float> y)
        where TMode : unmanaged, IInterpolation
    {
        if (x.Device is HostDevice host)
            Host<TMode>(host, resize, x, y);
        else
            ((GpuDevice)x.Device).Launch(y.Shape.Count, new Kernel<TMode>(x.View, y.View, resize));
    }

    static void RunPullback<TMode>(Resize resize, Tensor<float> dy, Tensor<float> dx)
        where TMode : unmanaged, IInterpolation
    {
        if (dy.Device is HostDevice host)
            PullbackHost<TMode>(host, resize, dy, dx);
        else
            ((GpuDevice)dy.Device).Launch(dx.Shape.Count, new PullbackKernel<TMode>(dy.View, dx.View, resize));
    }

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="size">Rows and columns of the result.</param>
    /// <returns>[N, size, C].</returns>
    /// <exception cref="ShapeException">There is no pixel, in or out.</exception>
    public static Shape OutputShape(Shape x, Pair size)
    {
        Shape y = [Shapes.Rank("Interpolate", "x [N, H, W, C]", x, 4)[0], Math.Max(0, size.H), Math.Max(0, size.W), x[3]];
        Sizes(x, y);
        return y;
    }

    /// <summary>Checks a result that the caller provides.</summary>
    static Resize Sizes(Shape x, Shape y, ResizeFactors? factors = null)
    {
        Shapes.Rank("Interpolate", "x [N, H, W, C]", x, 4);
        if (y.Rank != 4 || y[0] != x[0] || y[3] != x[3] || x[1] < 1 || x[2] < 1 || y[1] < 1 || y[2] < 1)
            throw new ShapeException(
                "Interpolate",
                $"expected one pixel or more in and out, and images and channels as they are, got {x} and {y}"
            );
        return new(x[0], ResizeAxis.Of(x[1], y[1], factors?.H), ResizeAxis.Of(x[2], y[2], factors?.W), x[3]);
    }

    /// <summary>The resizing as a tape records it; input x.</summary>
    /// <param name="Size">Rows and columns of the result.</param>
    /// <param name="Mode">Nearest or bilinear.</param>
    /// <param name="Factors">Output pixels for an input pixel, where they are not the quotient of the sizes.</param>
    public sealed record Function(Pair Size, InterpolationMode Mode, ResizeFactors? Factors = null) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Interpolate";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Interpolate.Forward(context[0], Size, Mode, Factors);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Interpolate.Pullback(context.ShapeOf(0), Mode, dy, Factors)];
    }
}
