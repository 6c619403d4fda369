using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>More or fewer pixels.</summary>
static class PixelOperators
{
    /// <summary>Pixels added around images.</summary>
    public static Result<ModelValue, string> Pad(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.Rank(x) != 4)
            return node.NotImages(0);
        if (node.IntegersOf("pads", 1) is not { } pads || Full(node, x, pads) is not { } all)
            return "expected constant pads for the axes of the value";
        var mode = node.Node.Word("mode", "constant") switch
        {
            "constant" => PadMode.Constant,
            "reflect" => PadMode.Reflect,
            "edge" => PadMode.Edge,
            _ => (PadMode?)null,
        };
        if (mode is not { } known)
            return "expected a mode of constant, reflect or edge";
        var value =
            node.Opset < 11 ? node.Node.Single("value", 0)
            : node.Has(2) ? node.Scalar(2)
            : 0;
        if (value is not { } number)
            return "expected a constant number to pad with";
        int rows = x.Order == AxisOrder.ChannelsFirst ? 2 : 1;
        if (all.Where((_, i) => i % 4 != rows && i % 4 != rows + 1).Any(pad => pad != 0) || all.Any(pad => pad is < 0 or > short.MaxValue))
            return $"only rows and columns are padded here, by 0 or more, got [{string.Join(", ", pads)}]";
        var options = new PadOptions(new Pair((int)all[rows], (int)all[rows + 1]), new Pair((int)all[rows + 4], (int)all[rows + 5]))
        {
            Mode = known,
            Value = number,
        };
        return all.All(pad => pad == 0) ? x : node.Elementwise(x, from => new PadLayer(from, options));
    }

    /// <summary>The pads of all four axes, at their starts and then at their ends; null if they do not fit.</summary>
    static long[]? Full(NodeReading node, ModelValue x, ImmutableArray<long> pads)
    {
        if (!node.Has(3))
            return pads.Length == 8 ? [.. pads] : null;
        if (node.Integers(3) is not { } axes || pads.Length != 2 * axes.Length || axes.Any(axis => node.Axis(x, axis) is null))
            return null;
        long[] all = new long[8];
        for (int i = 0; i < axes.Length; i++)
        {
            all[node.Axis(x, axes[i])!.Value] = pads[i];
            all[node.Axis(x, axes[i])!.Value + 4] = pads[axes.Length + i];
        }

        return all;
    }

    /// <summary>Images of another size: Resize, and Upsample as it was called before.</summary>
    public static Result<ModelValue, string> Resize(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.Rank(x) != 4)
            return node.NotImages(0);
        if (node.Is("antialias", 1, 0) || (node.Node.Word("keep_aspect_ratio_policy", "stretch") ?? "") != "stretch")
            return "resizing with a filter or with a fixed aspect ratio is not run here";
        bool isOld = node.Opset < 11 || node.Node.Operator == "Upsample";
        int rows = x.Order == AxisOrder.ChannelsFirst ? 1 : 0;
        var own = node.ImageShape(x);
        return from to in Target(node, x, isOld)
            from mode in ModeOf(
                node,
                isOld,
                new ResizeAxis(own[rows], to.Of(own[rows], rows), to.Factors?[rows]),
                new ResizeAxis(own[rows + 1], to.Of(own[rows + 1], rows + 1), to.Factors?[rows + 1])
            )
            select Resized(node, x, to, rows, mode);
    }

    static ModelValue Resized(NodeReading node, ModelValue x, Size3 to, int rows, InterpolationMode mode)
    {
        var own = node.ImageShape(x);
        var size = new Pair(to.Of(own[rows], rows), to.Of(own[rows + 1], rows + 1));
        if (
            size == new Pair(own[rows], own[rows + 1]) && to.Factors is not { }
            || (to.Factors is { } f && f[rows] == 1 && f[rows + 1] == 1)
        )
            return x;
        ResizeTo target = to.Factors is { } factors
            ? new ResizeTo.Scale(new ResizeFactors(factors[rows], factors[rows + 1]))
            : new ResizeTo.Size(size);
        return node.Elementwise(x, from => new ResizeLayer(from, target, mode));
    }

    /// <summary>What the axes behind the first become: lengths, or factors.</summary>
    readonly record struct Size3(ImmutableArray<long>? Sizes, float[]? Factors)
    {
        public int Of(int length, int axis) =>
            Sizes is { } sizes
                ? (int)Math.Clamp(sizes[axis], 0, int.MaxValue)
                : (int)Math.Clamp(Math.Floor(length * (double)Factors![axis]), 0, int.MaxValue);
    }

    static Result<Size3, string> Target(NodeReading node, ModelValue x, bool isOld)
    {
        int scalesAt = isOld ? 1 : 2;
        var own = node.ImageShape(x);
        int channels = x.Order == AxisOrder.ChannelsFirst ? 0 : 2;
        if (!isOld && node.Has(3))
        {
            if (
                node.Extents(3) is not { } sizes
                || Filled(node, x, [Extent.Batch, .. own.Select(length => new Extent(length))], sizes.Values) is not { } all
            )
                return "expected sizes that follow from the images' shape";
            if (all.Skip(1).Any(extent => extent.IsBatch) || all[1 + channels].Value != own[channels])
                return "only rows and columns are resized here";
            return new Size3([.. all.Skip(1).Select(extent => (long)extent.Value)], null);
        }

        var scales =
            node.Has(scalesAt) ? node.Extents(scalesAt)
            : node.Node.Tensor("scales") is { } attribute ? ShapeArithmetic.Of(attribute)
            : null;
        if (scales is not { Numbers: { } numbers })
            return "expected scales that are constant";
        if (Filled(node, x, [.. Enumerable.Repeat(new Extent(1), 4)], [.. numbers.Select(number => new Extent(number))]) is not { } factors)
            return "expected a scale for each axis";
        if (factors[0].Value != 1 || factors[1 + channels].Value != 1)
            return "only rows and columns are resized here";
        return factors.All(factor => factor.Value > 0 && double.IsFinite(factor.Value))
            ? new Size3(null, [.. factors.Skip(1).Select(factor => (float)factor.Value)])
            : "expected scales above 0";
    }

    /// <summary>One number for each axis: all are given, or those of some axes.</summary>
    static ImmutableArray<Extent>? Filled(NodeReading node, ModelValue x, ImmutableArray<Extent> others, ImmutableArray<Extent> given)
    {
        if (node.Node.Integers("axes", []) is not { } axes)
            return null;
        if (axes.IsEmpty)
            return given.Length == 4 ? given : null;
        if (axes.Length != given.Length || axes.Any(axis => node.Axis(x, axis) is null))
            return null;
        var all = others.ToBuilder();
        for (int i = 0; i < axes.Length; i++)
            all[node.Axis(x, axes[i])!.Value] = given[i];
        return all.ToImmutable();
    }

    static Result<InterpolationMode, string> ModeOf(NodeReading node, bool isOld, ResizeAxis rows, ResizeAxis columns)
    {
        string mode = node.Node.Word("mode", "nearest") ?? "",
            coordinates = isOld ? "asymmetric" : node.Node.Word("coordinate_transformation_mode", "half_pixel") ?? "",
            rounding = isOld ? "floor" : node.Node.Word("nearest_mode", "round_prefer_floor") ?? "";
        if (rows.Out < 1 || columns.Out < 1)
            return "expected images of one pixel or more";
        return mode switch
        {
            "nearest" => ResizeModes.Nearest(coordinates, rounding, rows, columns) is { } known
                ? known
                : Unknown($"nearest with {Printable.Name(coordinates)} and {Printable.Name(rounding)}"),
            "linear" or "bilinear" => ResizeModes.Linear(coordinates, rows, columns) is { } known
                ? known
                : Unknown($"linear with {Printable.Name(coordinates)}"),
            _ => Unknown(Printable.Name(mode)),
        };

        Result<InterpolationMode, string> Unknown(string what) => $"resizing by {what} is not run here";
    }
}
