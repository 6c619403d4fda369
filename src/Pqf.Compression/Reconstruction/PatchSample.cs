using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Compression.Reconstruction;

/// <summary>Takes patches at a few output pixels of every image, the same for all who ask.</summary>
/// <param name="patches">Where a layer's patches are.</param>
/// <param name="count">Pixels of an image; all if there are fewer.</param>
/// <param name="key">Draws the pixels of each image.</param>
/// <param name="first">Number of the first image among all.</param>
/// <param name="imageCount">Images.</param>
sealed class PatchSample(Patches patches, int count, RngKey key, int first, int imageCount)
{
    /// <summary>Patches of an image.</summary>
    int Count { get; } = Math.Min(count, patches.PositionCount);

    /// <summary>The output pixels [images · count].</summary>
    readonly int[] positions =
    [
        .. Enumerable
            .Range(first, imageCount)
            .SelectMany(image =>
                count >= patches.PositionCount
                    ? Enumerable.Range(0, patches.PositionCount)
                    : key.Fold((ulong)image).Permutation(patches.PositionCount).Take(count)
            ),
    ];

    /// <summary>The patches [images · count, D], in the innermost scope.</summary>
    /// <param name="x">[N, H, W, C], or [N, C].</param>
    /// <param name="group">Group of channels.</param>
    public unsafe Tensor<float> Inputs(Tensor<float> x, int group)
    {
        var host = (HostDevice)x.Device;
        var result = Tensor<float>.Rent(host, [positions.Length, patches.Length]);
        fixed (int* at = positions)
            host.For(positions.Length, new CopyPatch(x.Pointer, x.Shape.Count / x.Shape[0], Count, at, patches, group, result.Pointer));
        return result;
    }

    /// <summary>The values at output pixels [images · count, O], in the innermost scope.</summary>
    /// <param name="y">[N, H, W, O], or [N, O].</param>
    /// <param name="firstChannel">First of the channels taken.</param>
    /// <param name="channelCount">Channels taken.</param>
    public unsafe Tensor<float> Outputs(Tensor<float> y, int firstChannel, int channelCount)
    {
        var host = (HostDevice)y.Device;
        int channels = y.Shape.Last;
        var result = Tensor<float>.Rent(host, [positions.Length, channelCount]);
        fixed (int* at = positions)
            host.For(
                positions.Length,
                new CopyPixel(y.Pointer + firstChannel, y.Shape.Count / y.Shape[0], channels, Count, at, channelCount, result.Pointer)
            );
        return result;
    }

    readonly unsafe struct CopyPatch(float* x, int imageSize, int count, int* positions, Patches patches, int group, float* to) : IHostWork
    {
        public void Invoke(int item, int thread) =>
            patches.Copy(
                new ReadOnlySpan<float>(x + ((nint)(item / count) * imageSize), imageSize),
                positions[item],
                group,
                new Span<float>(to + ((nint)item * patches.Length), patches.Length)
            );
    }

    readonly unsafe struct CopyPixel(float* y, int imageSize, int channels, int count, int* positions, int taken, float* to) : IHostWork
    {
        public void Invoke(int item, int thread) =>
            new ReadOnlySpan<float>(y + ((nint)(item / count) * imageSize) + ((nint)positions[item] * channels), taken).CopyTo(
                new Span<float>(to + ((nint)item * taken), taken)
            );
    }
}
