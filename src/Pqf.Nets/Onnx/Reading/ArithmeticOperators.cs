using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Arithmetic of two values, or of a value and constants.</summary>
static class ArithmeticOperators
{
    /// <summary>A sum.</summary>
    public static Result<ModelValue, string> Add(NodeReading node) =>
        OfTwo(node, (a, b) => new AddLayer(a, b), (x, constant, _) => Plus(node, x, constant));

    /// <summary>A difference.</summary>
    public static Result<ModelValue, string> Subtract(NodeReading node) =>
        OfTwo(
            node,
            (a, b) => new SubtractLayer(a, b),
            (x, constant, isFirst) =>
                isFirst
                    ? Plus(node, node.Elementwise(x, from => new AffineLayer(from, -1, 0)), constant)
                    : Plus(node, x, Constant.Mapped(constant, "negative", value => -value))
        );

    /// <summary>A product.</summary>
    public static Result<ModelValue, string> Multiply(NodeReading node) =>
        OfTwo(node, (a, b) => new MultiplyLayer(a, b), (x, constant, _) => Times(node, x, constant));

    /// <summary>A quotient.</summary>
    public static Result<ModelValue, string> Divide(NodeReading node) =>
        OfTwo(
            node,
            (a, b) => new DivideLayer(a, b),
            (x, constant, isFirst) =>
                isFirst
                    ? Parameter(node, x, constant).Map(p => Joined(node, p, x, (a, b) => new DivideLayer(a, b)))
                    : Times(node, x, Constant.Mapped(constant, "inverse", value => 1 / value))
        );

    /// <summary>A sum of any number of values.</summary>
    public static Result<ModelValue, string> Sum(NodeReading node)
    {
        if (node.Value(0) is not { } sum)
            return $"expected values, got {node.Text(0)}";
        for (int i = 1; i < node.Node.Inputs.Length; i++)
        {
            if (node.Value(i) is not { } next)
                return $"expected values, got {node.Text(i)}";
            switch (Values(node, sum, next, (a, b) => new AddLayer(a, b)))
            {
                case Result<ModelValue, string>.Ok ok:
                    sum = ok.Value;
                    break;
                case Result<ModelValue, string>.Error error:
                    return error;
            }
        }

        return sum;
    }

    /// <summary>A small whole power.</summary>
    public static Result<ModelValue, string> Power(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.Scalar(1) is not { } exponent || exponent is not (1 or 2 or 3))
            return $"expected a power of 1, 2 or 3, got {node.Text(1)}";
        var power = x;
        for (int i = 1; i < exponent; i++)
            power = Joined(node, power, x, (a, b) => new MultiplyLayer(a, b));
        return power;
    }

    /// <summary>One value for each channel, or one for all, as [count]; null if a tensor is neither, as broadcasting sees it.</summary>
    public static StoredTensor? ChannelVector(NodeReading node, ModelValue x, StoredTensor constant)
    {
        if (constant.Shape.Count == 1)
            return Constant.Reshaped(constant, [1]);
        int behind = node.Rank(x) - 1 - node.ChannelAxis(x),
            channels = node.Drafts[x.Place].Shape.Last;
        var s = constant.Shape;
        return s.Count == channels && s.Rank > behind && s.Rank <= node.Rank(x) && s[s.Rank - 1 - behind] == channels
            ? Constant.Reshaped(constant, [channels])
            : null;
    }

    static Result<ModelValue, string> OfTwo(
        NodeReading node,
        Func<int, int, Layer> make,
        Func<ModelValue, StoredTensor, bool, Result<ModelValue, string>> withConstant
    )
    {
        if (node.Node.Inputs.Length != 2)
            return $"expected two inputs, got {node.Node.Inputs.Length}";
        if (node.Value(0) is { } a && node.Value(1) is { } b)
            return Values(node, a, b, make);
        int i = node.Value(0) is null ? 1 : 0;
        if (node.Value(i) is not { } x)
            return $"expected a value, got {node.Text(i)}";
        var constant =
            node.Constant(1 - i)
            ?? (
                node.Extents(1 - i) is { Numbers: [var number] }
                    ? StoredTensor.FromSingles(node.Node.Input(1 - i), [], [(float)number])
                    : null
            );
        return constant is null ? $"expected a constant, got {node.Text(1 - i)}" : withConstant(x, constant, i == 1);
    }

    /// <summary>Two values, broadcast.</summary>
    static Result<ModelValue, string> Values(NodeReading node, ModelValue a, ModelValue b, Func<int, int, Layer> make)
    {
        if (node.Rank(a) != node.Rank(b))
            return $"expected two values of as many axes, got {node.Text(0)} and {node.Text(1)}";
        if (a.Order != b.Order)
            (a, b) = (node.AsMemory(a), node.AsMemory(b));
        return Joined(node, a, b, make);
    }

    static ModelValue Joined(NodeReading node, ModelValue a, ModelValue b, Func<int, int, Layer> make) =>
        new(node.Drafts.Add([a.Place, b.Place], (from, _) => make(from[0], from[1])), a.Order);

    /// <summary>The sum with a constant: a number, a bias of the layer before, the shift of a norm, or a parameter.</summary>
    static Result<ModelValue, string> Plus(NodeReading node, ModelValue x, StoredTensor constant)
    {
        if (Number(node, x, constant) is { } shift)
            return node.Elementwise(x, from => new AffineLayer(from, 1, shift));
        if (ChannelVector(node, x, constant) is { } vector && vector.Shape.Count == node.Drafts[x.Place].Shape.Last)
        {
            if (WithBias(node, x, vector) is { } biased)
                return biased;
            if (node.Drafts[x.Place] is { Layer: MultiplyLayer, Inputs: [var y, var p] } && IsVector(node.Drafts[p]))
                return NormOperators.OfProducts(node, x with { Place = y }, node.Drafts[p].Weights!.Tensors[0].Tensor, vector);
        }

        return Parameter(node, x, constant).Map(p => Joined(node, x, p, (a, b) => new AddLayer(a, b)));
    }

    /// <summary>The product with a constant: a number or a parameter.</summary>
    static Result<ModelValue, string> Times(NodeReading node, ModelValue x, StoredTensor constant) =>
        Number(node, x, constant) is { } scale
            ? node.Elementwise(x, from => new AffineLayer(from, scale, 0))
            : Parameter(node, x, constant).Map(p => Joined(node, x, p, (a, b) => new MultiplyLayer(a, b)));

    static bool IsVector(Draft draft) => draft.Layer is ParameterLayer && draft.Shape.Count == draft.Shape.Last;

    /// <summary>The number that a constant is for every value; null if it is not one.</summary>
    static float? Number(NodeReading node, ModelValue x, StoredTensor constant) =>
        constant.Shape is { Count: 1 } s && s.Rank <= node.Rank(x) ? constant.ToSingles()[0] : null;

    /// <summary>The layer before with a bias; null if it has one, or is none that has.</summary>
    static ModelValue? WithBias(NodeReading node, ModelValue x, StoredTensor bias)
    {
        var draft = node.Drafts[x.Place];
        if (draft.Weights is not { Tensors: [(_, var weight)] })
            return null;
        Func<int, string, Layer>? make = draft.Layer switch
        {
            Conv2dLayer { HasBias: false } layer => (from, name) =>
                new Conv2dLayer(from, name, layer.InChannels, layer.OutChannels, layer.KernelSize, layer.Options, true),
            LinearLayer { HasBias: false } layer => (from, name) => new LinearLayer(from, name, layer.InFeatures, layer.OutFeatures, true),
            _ => null,
        };
        return make is null
            ? null
            : node.Weighted(x with { Place = draft.Inputs[0] }, ConvolutionOperators.Weights("biased", weight, bias), make);
    }

    /// <summary>A constant as a parameter of the network, broadcast with a value.</summary>
    static Result<ModelValue, string> Parameter(NodeReading node, ModelValue x, StoredTensor constant)
    {
        var s = constant.Shape;
        int rank = node.Rank(x);
        int[] lengths = [.. Enumerable.Repeat(1, Math.Max(0, rank - s.Rank)), .. s];
        if (lengths.Length != rank || lengths[0] != 1)
            return $"expected a constant that is the same for all images, of at most {rank} axes, got {s}";
        ImmutableArray<int> order =
            rank == 4 && x.Order == AxisOrder.ChannelsFirst ? OnnxLayout.ToChannelsLast : [.. Enumerable.Range(0, rank)];
        Shape shape = new([.. order.Select(axis => lengths[axis])]);
        bool isMoved = shape.Count != shape.Last && rank == 4 && x.Order == AxisOrder.ChannelsFirst;
        var tensor = isMoved
            ? Constant.Transposed(Constant.Reshaped(constant, new(lengths)), order)
            : Constant.Reshaped(constant, shape.Count == shape.Last ? [shape.Last] : shape);
        var own = tensor.Shape;
        var weights = new DraftWeights(LayerNames.Whole(constant.Name), $"parameter\n{constant.Name}\n{shape}", [("", tensor)]);
        return new ModelValue(node.Drafts.Add([], (_, name) => new ParameterLayer(name, own, shape), weights), x.Order);
    }
}
