using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Maxima and means under windows and over axes.</summary>
static class PoolOperators
{
    /// <summary>The maximum under a window.</summary>
    public static Result<ModelValue, string> MaxPool(NodeReading node) =>
        node.Images(0) is not { } x
            ? node.NotImages(0)
            : Window(node, x).Map(window => node.Layer(x, (from, _) => new MaxPool2dLayer(from[0], window.Kernel, Options(node, window))));

    /// <summary>The mean under a window, with the zeros that a node before it puts around the images.</summary>
    public static Result<ModelValue, string> AveragePool(NodeReading node)
    {
        if (node.Images(0) is not { } x)
            return node.NotImages(0);
        bool counts = node.Is("count_include_pad", 1, 0);
        if (node.Drafts[x.Place].Layer is PadLayer { Options: { Mode: PadMode.Constant, Value: 0 } pad } && !node.Is("ceil_mode", 1, 0))
            return Window(node, x).Map(window => OfPadded(node, x, window, pad, counts));
        return Window(node, x).Map(window => Average(node, x, window.Kernel, Options(node, window), counts));
    }

    static ModelValue OfPadded(NodeReading node, ModelValue x, WindowGeometry window, PadOptions pad, bool counts)
    {
        var options = Options(node, window);
        // Zeros around the images count in the mean; a pool's own padding need not.
        if (!counts && (window.Start != 0 || window.End != 0))
            return Average(node, x, window.Kernel, options, counts);
        var start = new Pair(pad.Start.H + window.Start.H, pad.Start.W + window.Start.W);
        var end = new Pair(pad.End.H + window.End.H, pad.End.W + window.End.W);
        if (start.H >= window.Kernel.H || start.W >= window.Kernel.W || end.H >= window.Kernel.H || end.W >= window.Kernel.W)
            return Average(node, x, window.Kernel, options, counts);
        var padded = options with { Padding = start, EndPadding = end == start ? null : end };
        return Average(node, new(node.Drafts[x.Place].Inputs[0]), window.Kernel, padded, true);
    }

    static ModelValue Average(NodeReading node, ModelValue x, Pair kernel, PoolOptions options, bool counts) =>
        node.Layer(x, (from, _) => new AvgPool2dLayer(from[0], kernel, options, counts ? PaddingCounts.AsZeros : PaddingCounts.AsNothing));

    /// <summary>The mean over all pixels.</summary>
    public static Result<ModelValue, string> GlobalAveragePool(NodeReading node) =>
        node.Images(0) is { } x ? node.Layer(x, (from, _) => new GlobalAvgPoolLayer(from[0])) : node.NotImages(0);

    /// <summary>The maximum of all pixels.</summary>
    public static Result<ModelValue, string> GlobalMaxPool(NodeReading node) =>
        node.Images(0) is { } x ? Maximum(node, x, true, true) : node.NotImages(0);

    /// <summary>The mean over rows, columns or both.</summary>
    public static Result<ModelValue, string> ReduceMean(NodeReading node) =>
        Reduce(node, (x, rows, columns) => Mean(node, x, rows, columns));

    /// <summary>The sum over rows, columns or both.</summary>
    public static Result<ModelValue, string> ReduceSum(NodeReading node) =>
        Reduce(
            node,
            (x, rows, columns) =>
            {
                var s = node.Drafts[x.Place].Shape;
                float count = (rows ? s[1] : 1) * (float)(columns ? s[2] : 1);
                return node.Elementwise(Mean(node, x, rows, columns), from => new AffineLayer(from, count, 0));
            }
        );

    /// <summary>The maximum over rows, columns or both.</summary>
    public static Result<ModelValue, string> ReduceMax(NodeReading node) =>
        Reduce(node, (x, rows, columns) => Maximum(node, x, rows, columns));

    static ModelValue Mean(NodeReading node, ModelValue x, bool rows, bool columns)
    {
        if (rows && columns)
            return node.Elementwise(x, from => new GlobalAvgPoolLayer(from));
        var kernel = Whole(node, x, rows, columns);
        return node.Elementwise(x, from => new AvgPool2dLayer(from, kernel, new PoolOptions { Stride = kernel }));
    }

    static ModelValue Maximum(NodeReading node, ModelValue x, bool rows, bool columns)
    {
        var kernel = Whole(node, x, rows, columns);
        return node.Elementwise(x, from => new MaxPool2dLayer(from, kernel, new PoolOptions { Stride = kernel }));
    }

    static Pair Whole(NodeReading node, ModelValue x, bool rows, bool columns)
    {
        var s = node.Drafts[x.Place].Shape;
        return new(rows ? s[1] : 1, columns ? s[2] : 1);
    }

    static Result<ModelValue, string> Reduce(NodeReading node, Func<ModelValue, bool, bool, ModelValue> reduce)
    {
        if (node.Value(0) is not { } x || node.Rank(x) != 4)
            return node.NotImages(0);
        if (node.IntegersOf("axes", 1) is not { } given || given.Any(axis => node.Axis(x, axis) is null))
            return "expected constant axes of the value";
        var axes = given.Select(axis => node.MemoryAxis(x, node.Axis(x, axis)!.Value)).ToHashSet();
        if (axes.Count == 0 || axes.Any(axis => axis is not (1 or 2)))
            return $"only rows and columns are reduced here, got axes [{string.Join(", ", given)}]";
        var reduced = reduce(x, axes.Contains(1), axes.Contains(2));
        if (!node.Is("keepdims", 0, 1))
            return reduced;
        var left = node.ImageShape(reduced).Where((_, i) => !axes.Contains(node.MemoryAxis(x, i + 1)));
        return ShapeOperators.Reshaped(node, reduced, [.. left]);
    }

    static Result<WindowGeometry, string> Window(NodeReading node, ModelValue x)
    {
        var s = node.Drafts[x.Place].Shape;
        return WindowGeometry.Of(node, new Pair(s[1], s[2]), null);
    }

    static PoolOptions Options(NodeReading node, WindowGeometry window) =>
        new()
        {
            Stride = window.Stride,
            Padding = window.Start,
            EndPadding = window.End == window.Start ? null : window.End,
            Dilation = window.Dilation,
            CeilMode = node.Is("ceil_mode", 1, 0),
        };
}
