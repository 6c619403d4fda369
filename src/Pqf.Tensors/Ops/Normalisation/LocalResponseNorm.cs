using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Each value divided by a power of the mean square of neighbouring channels. Source: Krizhevsky et al. 2012 (AlexNet), section
/// 3.3.</summary>
public static partial class LocalResponseNorm
{
    /// <summary>y = x · s^(−beta) with s = k + alpha / size · Σ x² over channels c − (size − 1) / 2 … c + size / 2, as in ONNX.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="options">Size and constants.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ShapeException">The size is below 1.</exception>
    public static Tensor<float> Forward(Tensor<float> x, LocalResponseNormOptions options)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, options, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into another tensor.</summary>
    internal static void ForwardInto(Tensor<float> x, LocalResponseNormOptions options, Tensor<float> y)
    {
        Shapes.Same("LocalResponseNorm", x.Shape, y.Shape);
        Shapes.SameDevice("LocalResponseNorm", x.Device, y);
        var window = Window.Of(x.Shape, options);
        if (x.Device is HostDevice host)
            Host(host, window, x, y);
        else
            ((GpuDevice)x.Device).Launch(x.Shape.Count, new Kernel(x.View, y.View, window));
    }

    /// <summary>dx = dy · s^(−beta) − 2 · alpha · beta / size · x · Σ dy · x · s^(−beta − 1), the sum over all channels whose window
    /// holds this one.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="options">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[…, C].</param>
    public static Tensor<float> Pullback(Tensor<float> x, LocalResponseNormOptions options, Tensor<float> dy)
    {
        Shapes.Same("LocalResponseNorm", x.Shape, dy.Shape);
        Shapes.SameDevice("LocalResponseNorm", x.Device, dy);
        var window = Window.Of(x.Shape, options);
        var dx = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            PullbackHost(host, window, x, dy, dx);
        else
            ((GpuDevice)x.Device).Launch(x.Shape.Count, new PullbackKernel(x.View, dy.View, dx.View, window));
        return dx;
    }

    /// <summary>All numbers of one norm. Also compiled for the GPU.</summary>
    internal readonly record struct Window(int Channels, int Before, int After, float Factor, float Beta, float K)
    {
        public static Window Of(Shape x, LocalResponseNormOptions options) =>
            options.Size >= 1
                ? new(x.Last, (options.Size - 1) / 2, options.Size / 2, options.Alpha / options.Size, options.Beta, options.K)
                : throw new ShapeException("LocalResponseNorm", $"expected a size of 1 or more, got {options.Size}");

        public static float Power(float s, float exponent) => MathF.Exp(exponent * MathF.Log(s));
    }

    /// <summary>The norm as a tape records it; input x.</summary>
    /// <param name="Options">Size and constants.</param>
    public sealed record Function(LocalResponseNormOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "LocalResponseNorm";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            context.Save(context[0]);
            return LocalResponseNorm.Forward(context[0], Options);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [LocalResponseNorm.Pullback(context.Saved(0), Options, dy)];
    }
}

/// <summary>Constants of a <see cref="LocalResponseNorm"/>; PyTorch's by default.</summary>
/// <param name="Size">Channels of a window; those beyond the ends count as zeros.</param>
public sealed record LocalResponseNormOptions(int Size)
{
    /// <summary>Factor of the mean square.</summary>
    public float Alpha { get; init; } = 1e-4f;

    /// <summary>Exponent.</summary>
    public float Beta { get; init; } = 0.75f;

    /// <summary>Added to the mean square, above 0.</summary>
    public float K { get; init; } = 1;
}
