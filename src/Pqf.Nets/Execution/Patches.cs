using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Execution;

/// <summary>What the rows of a layer's weight are multiplied with: at each output pixel, and for each group of channels, one vector in the
/// order of the weight's columns.</summary>
/// <param name="Input">Pixels of an image.</param>
/// <param name="Channels">Channels C of an image.</param>
/// <param name="Output">Output pixels of an image.</param>
/// <param name="KernelSize">Taps.</param>
/// <param name="Stride">Steps between neighbouring outputs.</param>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="Dilation">Steps between neighbouring taps.</param>
/// <param name="Groups">Groups of channels.</param>
public readonly record struct Patches(
    Pair Input,
    int Channels,
    Pair Output,
    Pair KernelSize,
    Pair Stride,
    Pair Padding,
    Pair Dilation,
    int Groups
)
{
    /// <summary>The patches of a convolution.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="y">[N, H, W, O].</param>
    /// <param name="kernelSize">Taps.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    public static Patches Of(Shape x, Shape y, Pair kernelSize, Conv2dOptions options) =>
        new(new(x[1], x[2]), x[3], new(y[1], y[2]), kernelSize, options.Stride, options.Padding, options.Dilation, options.Groups);

    /// <summary>Output pixels of an image.</summary>
    public int PositionCount => Output.H * Output.W;

    /// <summary>Values of a patch: columns of the weight.</summary>
    public int Length => Channels / Groups * KernelSize.H * KernelSize.W;

    /// <summary>Copies the patch of one output pixel.</summary>
    /// <param name="image">[H, W, C].</param>
    /// <param name="position">Below <see cref="PositionCount"/>, row by row.</param>
    /// <param name="group">Below <see cref="Groups"/>.</param>
    /// <param name="patch">[C / groups, kH, kW], filled; zeros beyond the image's border.</param>
    public void Copy(ReadOnlySpan<float> image, int position, int group, Span<float> patch)
    {
        int channels = Channels / Groups,
            taps = KernelSize.H * KernelSize.W,
            top = (position / Output.W * Stride.H) - Padding.H,
            left = (position % Output.W * Stride.W) - Padding.W;
        for (int tap = 0; tap < taps; tap++)
        {
            int y = top + (tap / KernelSize.W * Dilation.H),
                x = left + (tap % KernelSize.W * Dilation.W);
            bool isInside = y >= 0 && y < Input.H && x >= 0 && x < Input.W;
            var pixel = isInside ? image.Slice((((y * Input.W) + x) * Channels) + (group * channels), channels) : default;
            for (int c = 0; c < channels; c++)
                patch[(c * taps) + tap] = isInside ? pixel[c] : 0;
        }
    }
}
