using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Convolutions.</summary>
static class ConvolutionOperators
{
    /// <summary>A convolution over images, with the zeros that a node before it puts around them.</summary>
    public static Result<ModelValue, string> Conv(NodeReading node)
    {
        if (node.Images(0) is not { } x)
            return node.NotImages(0);
        if (node.Constant(1) is not { Shape: { Rank: 4, Count: > 0 } s } weight)
            return $"expected a constant weight [O, I, kH, kW], got {node.Text(1)}";
        if (node.Node.Integer("group", 1) is not (>= 1 and <= int.MaxValue and { } groups) || s[0] % groups != 0)
            return $"expected groups that divide the weight's {s[0]} outputs, got {node.Node.Integer("group", 1)}";
        var (start, end) = ((Pair)0, (Pair)0);
        if (node.Drafts[x.Place].Layer is PadLayer { Options: { Mode: PadMode.Constant, Value: 0 } pad })
            (x, start, end) = (new ModelValue(node.Drafts[x.Place].Inputs[0]), pad.Start, pad.End);
        var padded = node.Drafts[x.Place].Shape;
        var rows = new Pair(padded[1] + start.H + end.H, padded[2] + start.W + end.W);
        return from window in WindowGeometry.Of(node, rows, new Pair(s[2], s[3]))
            from bias in Bias(node, s[0])
            select Make(node, x, weight, bias, Options(window, start, end, (int)groups));
    }

    /// <summary>A convolution.</summary>
    /// <param name="node">Where it comes from.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="weight">[O, I / groups, kH, kW].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    public static ModelValue Make(NodeReading node, ModelValue x, StoredTensor weight, StoredTensor? bias, Conv2dOptions options)
    {
        var s = weight.Shape;
        return node.Weighted(
            x,
            Weights("conv", weight, bias),
            (from, name) => new Conv2dLayer(from, name, s[1] * options.Groups, s[0], new Pair(s[2], s[3]), options, bias is not null)
        );
    }

    /// <summary>A transposed convolution. What its output is cut by at the end is cut off behind it where both sides differ.</summary>
    public static Result<ModelValue, string> ConvTranspose(NodeReading node)
    {
        if (node.Images(0) is not { } x)
            return node.NotImages(0);
        if (node.Constant(1) is not { Shape: { Rank: 4, Count: > 0 } s } weight)
            return $"expected a constant weight [I, O, kH, kW], got {node.Text(1)}";
        if (!node.Is("group", 1, 1) || node.Node.Integers("dilations", [1, 1]) is not [1, 1])
            return "transposed convolutions of groups or with dilation are not run here";
        if (WindowGeometry.PairOf(node.Node.Integers("output_padding", [0, 0]), 0) is not { } extra)
            return "expected an output_padding of two numbers";
        var images = node.Drafts[x.Place].Shape;
        return from window in WindowGeometry.Of(node, new Pair(images[1], images[2]), new Pair(s[2], s[3]))
            from bias in Bias(node, s[1])
            from cut in Cut(node, new Pair(images[1], images[2]), window, extra)
            select Make(node, x, weight, bias, window, cut.Extra, cut.Start, cut.End);
    }

    /// <summary>What is cut off each side: as given, or what gives a wanted size.</summary>
    static Result<(Pair Extra, Pair Start, Pair End), string> Cut(NodeReading node, Pair x, WindowGeometry window, Pair extra)
    {
        string? auto = node.Node.Word("auto_pad", "NOTSET");
        var wanted = node.Node.Integers("output_shape", []);
        if (wanted is [] && auto is "NOTSET" or "" or "VALID")
            return (extra, window.Start, window.End);
        if (wanted is not ([] or [_, _]))
            return "expected an output_shape of two numbers";
        if (
            WindowGeometry.PairOf(wanted is [var h, var w] ? [h, w] : [(long)x.H * window.Stride.H, (long)x.W * window.Stride.W], 1)
            is not { } size
        )
            return "its output_shape is too large";
        var (top, bottom) = Sides((window.Stride.H * (x.H - 1)) + extra.H + window.Kernel.H - size.H, auto == "SAME_UPPER");
        var (left, right) = Sides((window.Stride.W * (x.W - 1)) + extra.W + window.Kernel.W - size.W, auto == "SAME_UPPER");
        return (extra, new Pair(top, left), new Pair(bottom, right));

        static (int Start, int End) Sides(int total, bool isUpper)
        {
            int cut = Math.Max(0, total);
            return isUpper ? (cut / 2, cut - (cut / 2)) : (cut - (cut / 2), cut / 2);
        }
    }

    static ModelValue Make(
        NodeReading node,
        ModelValue x,
        StoredTensor weight,
        StoredTensor? bias,
        WindowGeometry window,
        Pair extra,
        Pair start,
        Pair end
    )
    {
        var s = weight.Shape;
        bool isEven = start == end;
        var options = new ConvTranspose2dOptions
        {
            Stride = window.Stride,
            Padding = isEven ? start : 0,
            OutputPadding = extra,
        };
        var y = node.Weighted(
            x,
            Weights("conv", weight, bias),
            (from, name) => new ConvTranspose2dLayer(from, name, s[0], s[1], new Pair(s[2], s[3]), options, bias is not null)
        );
        if (isEven)
            return y;
        var size = node.Drafts[y.Place].Shape;
        y = node.Layer(y, (from, _) => new SliceLayer(from[0], 1, start.H, size[1] - end.H));
        return node.Layer(y, (from, _) => new SliceLayer(from[0], 2, start.W, size[2] - end.W));
    }

    /// <summary>A weight and a bias as a layer's tensors.</summary>
    /// <param name="kind">Tells forms of one weight from another.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">The bias, or null.</param>
    public static DraftWeights Weights(string kind, StoredTensor weight, StoredTensor? bias) =>
        new(
            LayerNames.Base(weight.Name),
            $"{kind}\n{weight.Name}\n{weight.Shape}\n{bias?.Name}",
            bias is null ? [(".weight", weight)] : [(".weight", weight), (".bias", bias)]
        );

    static Result<StoredTensor?, string> Bias(NodeReading node, int count) =>
        !node.Has(2) ? (StoredTensor?)null
        : node.Constant(2) is { } bias && bias.Shape.Count == count ? Constant.Reshaped(bias, [count])
        : $"expected a constant bias of {count} numbers, got {node.Text(2)}";

    static Conv2dOptions Options(WindowGeometry window, Pair start, Pair end, int groups)
    {
        start = new(start.H + window.Start.H, start.W + window.Start.W);
        end = new(end.H + window.End.H, end.W + window.End.W);
        return new()
        {
            Stride = window.Stride,
            Padding = start,
            EndPadding = end == start ? null : end,
            Dilation = window.Dilation,
            Groups = groups,
        };
    }
}
