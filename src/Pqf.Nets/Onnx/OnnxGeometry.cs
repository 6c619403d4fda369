using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>How the window of a node moves over pixels.</summary>
/// <param name="Kernel">Its taps.</param>
/// <param name="Stride">Its steps.</param>
/// <param name="Padding">Pixels added on each of two opposite sides.</param>
/// <param name="Dilation">Steps between taps.</param>
readonly record struct OnnxGeometry(Pair Kernel, Pair Stride, Pair Padding, Pair Dilation)
{
    /// <summary>The geometry of a node; null if it is not of two axes, or pads opposite sides differently, as ours do not.</summary>
    /// <param name="node">A convolution or a pool.</param>
    /// <param name="kernel">Its taps, where they follow from its weight.</param>
    public static OnnxGeometry? Of(OnnxNode node, Pair? kernel)
    {
        ImmutableArray<long> own = kernel is { } known ? [known.H, known.W] : [];
        if (
            PairOf(node.Integers("kernel_shape", own)) is not { } taps
            || PairOf(node.Integers("strides", [1, 1])) is not { } stride
            || PairOf(node.Integers("dilations", [1, 1])) is not { } dilation
            || (kernel ?? taps) != taps
        )
            return null;
        return PaddingOf(node, taps, stride, dilation) is { } padding ? new(taps, stride, padding, dilation) : null;
    }

    static Pair? PaddingOf(OnnxNode node, Pair kernel, Pair stride, Pair dilation)
    {
        var (h, w) = (dilation.H * (kernel.H - 1), dilation.W * (kernel.W - 1)); // what keeps the size, on both sides together
        switch (node.Word("auto_pad", "NOTSET"))
        {
            case "NOTSET" or "":
                return node.Integers("pads", [0, 0, 0, 0]) is [var top, var left, var bottom, var right] && (top, left) == (bottom, right)
                    ? PairOf([top, left])
                    : null;
            case "VALID":
                return new Pair(0, 0);
            // With steps of more than one pixel it depends on the size of the image.
            case "SAME_UPPER" or "SAME_LOWER" when stride == new Pair(1, 1) && h % 2 == 0 && w % 2 == 0:
                return new Pair(h / 2, w / 2);
            default:
                return null;
        }
    }

    static Pair? PairOf(ImmutableArray<long>? numbers) =>
        numbers is [>= 0 and <= short.MaxValue and var h, >= 0 and <= short.MaxValue and var w] ? new Pair((int)h, (int)w) : null;
}
