using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>How the window of a node moves over images of known size.</summary>
/// <param name="Kernel">Its taps.</param>
/// <param name="Stride">Its steps.</param>
/// <param name="Dilation">Steps between taps.</param>
/// <param name="Start">Pixels added above and on the left.</param>
/// <param name="End">Pixels added below and on the right.</param>
readonly record struct WindowGeometry(Pair Kernel, Pair Stride, Pair Dilation, Pair Start, Pair End)
{
    /// <summary>The geometry of a node; or what is wrong with it.</summary>
    /// <param name="node">A convolution or a pool.</param>
    /// <param name="x">The images' rows and columns.</param>
    /// <param name="kernel">Its taps, where they follow from its weight.</param>
    public static Result<WindowGeometry, string> Of(NodeReading node, Pair x, Pair? kernel)
    {
        ImmutableArray<long> own = kernel is { } known ? [known.H, known.W] : [];
        if (PairOf(node.Node.Integers("kernel_shape", own), 1) is not { } taps || (kernel ?? taps) != taps)
            return "expected a kernel_shape of two numbers, that of its weight";
        if (PairOf(node.Node.Integers("strides", [1, 1]), 1) is not { } stride)
            return "expected two strides of 1 or more";
        if (PairOf(node.Node.Integers("dilations", [1, 1]), 1) is not { } dilation)
            return "expected two dilations of 1 or more";
        var reach = new Pair((dilation.H * (taps.H - 1)) + 1, (dilation.W * (taps.W - 1)) + 1);
        string? auto = node.Node.Word("auto_pad", "NOTSET");
        switch (auto)
        {
            case "NOTSET" or "":
                return
                    node.Node.Integers("pads", [0, 0, 0, 0]) is [var top, var left, var bottom, var right]
                    && PairOf([top, left], 0) is { } start
                    && PairOf([bottom, right], 0) is { } end
                    ? new WindowGeometry(taps, stride, dilation, start, end)
                    : "expected four pads of 0 or more";
            case "VALID":
                return new WindowGeometry(taps, stride, dilation, 0, 0);
            case "SAME_UPPER" or "SAME_LOWER":
                var total = new Pair(Total(x.H, reach.H, stride.H), Total(x.W, reach.W, stride.W));
                var less = new Pair(total.H / 2, total.W / 2);
                var more = new Pair(total.H - less.H, total.W - less.W);
                return auto == "SAME_UPPER"
                    ? new WindowGeometry(taps, stride, dilation, less, more)
                    : new WindowGeometry(taps, stride, dilation, more, less);
            default:
                return "expected an auto_pad of NOTSET, VALID, SAME_UPPER or SAME_LOWER, "
                    + $"got {Printable.Name(auto ?? "another attribute")}";
        }
    }

    /// <summary>Two numbers that a size or a step may be; null if they are not.</summary>
    public static Pair? PairOf(ImmutableArray<long>? numbers, long least) =>
        numbers is [<= short.MaxValue and var h, <= short.MaxValue and var w] && h >= least && w >= least ? new Pair((int)h, (int)w) : null;

    static int Total(int x, int reach, int stride) => Math.Max(0, (((x + stride - 1) / stride - 1) * stride) + reach - x);
}
