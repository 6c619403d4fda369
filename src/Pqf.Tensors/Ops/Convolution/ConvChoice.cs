using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution.Winograd;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>Which algorithm computes a convolution: a rule over its shape and batch, never a clock, so that one input gives one
/// result.</summary>
static class ConvChoice
{
    // Measured on whole networks, two threads and one (bench/results/AMD-EPYC-family26-512bit-algorithms.csv): below so many tiles of 4 × 4
    // the products have few rows for each
    // transformed weight, which is read from memory, and tiles of 2 × 2 have weights less than half as large.
    const int FewTiles = 14;

    // In training, weights are transformed in every step. Derived from bench -- training, 2026-11-25: a kernel's transform takes 59 ns of a
    // core, and each tile of 4 × 4 saves
    // 216 operations on it, 1.2 to 2.3 ns with and without the tile's own transforms: the two are even at 25 to 50 tiles.
    const int FewTilesInTraining = 64;

    // Measured on an H200 (bench/results/NVIDIA-H200-gpu.md): with 2,048 to 12,544 tiles of 4 × 4 times output channels a layer takes 2.57
    // to 1.22 of the time that gathering takes, with 16,384 0.96 (its gradients, whose weights are transformed each time, 0.77 and 0.73),
    // with 32,768 and more 0.75 to 0.42.
    const long FewOutputsOnGpu = 16_384;

    /// <summary>Whether an algorithm can compute a convolution; Winograd's want one group and taps side by side: 3 × 3 of stride 1 with
    /// channels in sixteens, or 7 × 7 of stride 2 over three channels. GPUs have F(4 × 4, 3 × 3) alone.</summary>
    public static bool Fits(Device device, ConvAlgorithm algorithm, Shape weight, Conv2dOptions options) =>
        algorithm switch
        {
            ConvAlgorithm.Gathered => true,
            ConvAlgorithm.WinogradStem => device is HostDevice && StemPoints.Fits(weight, options),
            _ => (device is HostDevice || algorithm == ConvAlgorithm.Winograd4)
                && weight[0] % 16 == 0
                && weight[1] % 16 == 0
                && weight[2] == 3
                && weight[3] == 3
                && options.Groups == 1
                && options.Stride == 1
                && options.Dilation == 1,
        };

    /// <summary>The fastest algorithm where weights change from one call to the next: forward in training, and the weight's
    /// gradient.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    public static ConvAlgorithm InTraining(Tensor<float> x, Shape weight, Conv2dOptions options) =>
        Fits(x.Device, ConvAlgorithm.Winograd4, weight, options)
        && (x.Device is HostDevice ? Tiles(x.Shape) >= FewTilesInTraining : HasManyOutputs(x.Shape, weight))
            ? ConvAlgorithm.Winograd4
            : ConvAlgorithm.Gathered;

    /// <summary>As <see cref="InTraining"/>, for the gradient of the input: another convolution, if its padding is not negative.</summary>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Of the forward convolution.</param>
    public static ConvAlgorithm OfInputGradient(Tensor<float> dy, Shape weight, Conv2dOptions options) =>
        options.Padding.H < weight[2] && options.Padding.W < weight[3]
            ? InTraining(dy, [weight[1], weight[0], weight[2], weight[3]], options)
            : ConvAlgorithm.Gathered;

    /// <summary>The fastest algorithm for images of one size.</summary>
    /// <param name="device">Where it is to run.</param>
    /// <param name="x">[N, H, W, C]: the largest batch.</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="memory">Whether weights may grow.</param>
    public static ConvAlgorithm Of(Device device, Shape x, Shape weight, Conv2dOptions options, PlanMemory memory)
    {
        if (memory != PlanMemory.Fast)
            return ConvAlgorithm.Gathered;
        if (Fits(device, ConvAlgorithm.WinogradStem, weight, options))
            return ConvAlgorithm.WinogradStem;
        if (!Fits(device, ConvAlgorithm.Winograd4, weight, options))
            return ConvAlgorithm.Gathered;
        if (device is not HostDevice)
            return HasManyOutputs(x, weight) ? ConvAlgorithm.Winograd4 : ConvAlgorithm.Gathered;
        return Tiles(x) < FewTiles ? ConvAlgorithm.Winograd2 : ConvAlgorithm.Winograd4;
    }

    static bool HasManyOutputs(Shape x, Shape weight) => Tiles(x) * weight[0] >= FewOutputsOnGpu;

    /// <summary>Tiles of 4 × 4 pixels.</summary>
    static long Tiles(Shape x) => (long)x[0] * Division.Ceil(x[1], 4) * Division.Ceil(x[2], 4);
}
