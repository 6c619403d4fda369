using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Norms.</summary>
static class NormOperators
{
    const float UsualEps = 1e-5f;

    /// <summary>Normalises each channel by constant statistics.</summary>
    public static Result<ModelValue, string> BatchNorm(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.ChannelAxis(x) != 1)
            return $"expected images [N, C, H, W] or rows [N, C], got {node.Text(0)}";
        if (!node.Is("spatial", 1, 1) || node.Is("training_mode", 1, 0))
            return "only the norm of each channel with statistics of its own is run here";
        if (node.Node.Single("epsilon", UsualEps) is not (>= 0 and { } eps))
            return "expected an epsilon of 0 or more";
        int channels = node.Drafts[x.Place].Shape.Last;
        var vectors = ImmutableArray.CreateBuilder<(string, StoredTensor)>();
        foreach (var (i, suffix) in (ReadOnlySpan<(int, string)>)[(1, ".weight"), (2, ".bias"), (3, ".running_mean"), (4, ".running_var")])
            if (node.Constant(i) is { } vector && vector.Shape.Count == channels)
                vectors.Add((suffix, Constant.Reshaped(vector, [channels])));
            else
                return $"expected {channels} constant numbers for input {i}, got {node.Text(i)}";
        return Norm(node, x, LayerNames.Base(node.Node.Input(1)), vectors.ToImmutable(), eps);
    }

    /// <summary>A product and a sum with a value for each channel: a norm whose statistics went into them.</summary>
    /// <param name="node">Where it comes from.</param>
    /// <param name="x">What is multiplied.</param>
    /// <param name="scale">[C].</param>
    /// <param name="shift">[C].</param>
    public static ModelValue OfProducts(NodeReading node, ModelValue x, StoredTensor scale, StoredTensor shift)
    {
        int channels = scale.Shape.Count;
        // y = w · x / √(1 + ε) + b
        double root = Math.Sqrt(1.0 + UsualEps);
        return Norm(
            node,
            x,
            LayerNames.Base(scale.Name),
            [
                (".weight", Constant.Mapped(scale, "norm", value => (float)(value * root))),
                (".bias", shift),
                (".running_mean", Constant.Filled("0", channels, 0)),
                (".running_var", Constant.Filled("1", channels, 1)),
            ],
            UsualEps
        );
    }

    static ModelValue Norm(NodeReading node, ModelValue x, string name, ImmutableArray<(string, StoredTensor)> vectors, float eps)
    {
        int channels = node.Drafts[x.Place].Shape.Last;
        string key = $"norm\n{eps}\n{string.Join('\n', vectors.Select(vector => vector.Item2.Name))}";
        return node.Weighted(x, new(name, key, vectors), (from, layer) => new BatchNormLayer(from, layer, channels, eps));
    }

    /// <summary>Normalises the channels of each pixel or row.</summary>
    public static Result<ModelValue, string> LayerNorm(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        if (node.Node.Integer("axis", -1) is not { } given || node.Axis(x, given) is not { } axis)
            return "expected an axis of the value";
        return node.Node.Single("epsilon", UsualEps) is { } eps
            ? LayerNorm(node, x, [.. Enumerable.Range(axis, node.Rank(x) - axis)], eps)
            : "expected a number for epsilon";
    }

    /// <summary>The same, as several nodes compute it.</summary>
    public static Result<ModelValue, string> OwnLayerNorm(NodeReading node) =>
        node.Value(0) is { } x && node.Node.Integers("axes", []) is { } axes && axes.All(axis => node.Axis(x, axis) is not null)
            ? LayerNorm(node, x, [.. axes.Select(axis => node.Axis(x, axis)!.Value)], node.Node.Single("epsilon", 0) ?? 0)
            : $"expected a value and its axes, got {node.Text(0)}";

    static Result<ModelValue, string> LayerNorm(NodeReading node, ModelValue x, ImmutableArray<int> axes, float eps)
    {
        int channelAxis = node.ChannelAxis(x),
            channels = node.Drafts[x.Place].Shape.Last;
        if (!axes.Contains(channelAxis) || axes.Any(axis => axis != channelAxis && (axis == 0 || node.ImageShape(x)[axis - 1] != 1)))
            return "only the norm of the channels of each pixel or row is run here, "
                + $"got axes [{string.Join(", ", axes)}] of {node.Text(0)}";
        var weight = Vector(1, 1);
        var bias = Vector(2, 0);
        if (weight is null || bias is null)
            return $"expected {channels} constant numbers for weight and bias";
        string name = node.Has(1) ? LayerNames.Base(node.Node.Input(1)) : LayerNames.Base(node.Node.Output);
        var weights = new DraftWeights(
            name,
            $"layer\n{eps}\n{weight.Name}\n{bias.Name}\n{channels}",
            [(".weight", weight), (".bias", bias)]
        );
        return node.Weighted(x, weights, (from, layer) => new LayerNormLayer(from, layer, channels, eps));

        StoredTensor? Vector(int i, float otherwise) =>
            !node.Has(i) ? Constant.Filled($"{otherwise}", channels, otherwise)
            : node.Constant(i) is { } vector && ArithmeticOperators.ChannelVector(node, x, vector) is { } found
                ? Constant.Spread(found, channels)
            : null;
    }

    /// <summary>Normalises by neighbouring channels.</summary>
    public static Result<ModelValue, string> LocalResponseNorm(NodeReading node)
    {
        if (node.Images(0) is not { } x)
            return node.NotImages(0);
        if (
            node.Node.Integer("size", 0) is not (>= 1 and <= short.MaxValue and { } size)
            || node.Node.Single("alpha", 1e-4f) is not { } alpha
            || node.Node.Single("beta", 0.75f) is not { } beta
            || node.Node.Single("bias", 1) is not (> 0 and { } bias)
        )
            return "expected a size of 1 or more, numbers for alpha and beta, and a bias above 0";
        var options = new LocalResponseNormOptions((int)size)
        {
            Alpha = alpha,
            Beta = beta,
            K = bias,
        };
        return node.Layer(x, (from, _) => new LocalResponseNormLayer(from[0], options));
    }
}
