using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Onnx;

/// <summary>The operations of a model that networks consist of, each with its number. Operations that we have no layer for get none, and
/// neither does what depends on them.</summary>
/// <remarks>Nodes are gone through once, in file order, which the format demands to be one of computation: cycles cannot occur.</remarks>
sealed class OnnxSteps
{
    readonly OnnxModel model;
    readonly ValueNumbers numbers;
    readonly List<OnnxStep> steps = [];
    readonly Dictionary<string, int> places = [];

    OnnxSteps(OnnxModel model, ValueNumbers numbers) => (this.model, this.numbers) = (model, numbers);

    /// <summary>All steps, in file order.</summary>
    public IReadOnlyList<OnnxStep> All => steps;

    /// <summary>Places of the steps that make the model's outputs.</summary>
    public IEnumerable<int> Outputs => model.Outputs.Where(places.ContainsKey).Select(name => places[name]);

    /// <summary>The step that makes a value; null if no network of ours has it.</summary>
    public OnnxStep? Of(string value) => Find(value) is { } place ? steps[place] : null;

    /// <summary>Reads a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="numbers">Of all graphs that it is compared with.</param>
    public static OnnxSteps Of(OnnxModel model, ValueNumbers numbers)
    {
        var steps = new OnnxSteps(model, numbers);
        foreach (var input in model.Inputs.Where(input => IsFloating(input.Type) && model.Constants.Find(input.Name) is null))
            steps.places.TryAdd(input.Name, steps.Append(new(numbers.Of(OnnxSignatures.Input), [])));
        foreach (var node in model.Nodes.Where(node => node.Output.Length > 0))
            if (steps.Place(node) is { } place)
                steps.places.TryAdd(node.Output, place);
        return steps;
    }

    static bool IsFloating(DType? type) => type is DType.F32 or DType.F16 or DType.BF16 or DType.F64;

    int Append(OnnxStep step)
    {
        steps.Add(step);
        return steps.Count - 1;
    }

    int Unary(string signature, int x) => Append(new(numbers.Of(signature, steps[x].Number), [x]));

    int? Find(string value) => places.TryGetValue(value, out int place) ? place : null;

    StoredTensor? Constant(OnnxNode node, int i) => model.Constants.Find(node.Input(i));

    /// <summary>The step that makes a node's first value; null if no network of ours has it.</summary>
    int? Place(OnnxNode node)
    {
        if (node.Operator is "QuantizeLinear" or "DequantizeLinear")
            return Find(node.Input(0));
        if (!node.IsStandard)
            return null;
        if (node.Operator is "Add" or "Sum" or "Mul")
            return node.Inputs.Length == 2 ? OfTwo(node) : null;
        return Find(node.Input(0)) is { } x ? Place(node, x) : null;
    }

    int? Place(OnnxNode node, int x) =>
        node.Operator switch
        {
            "Identity" or "Dropout" => x,
            "Cast" when node.Integer("to", 0) is { } to && IsFloating(OnnxTypes.TypeOf(to)) => x,
            // Probabilities of the classes come behind the network, and change none of its weights.
            "Softmax" or "LogSoftmax" when model.Outputs.Contains(node.Output) && node.Integer("axis", -1) is 1 or -1 => x,
            "Conv" => Conv(node, x),
            "Gemm" => Gemm(node, x),
            "MatMul" => Linear(x, Constant(node, 1), isTransposed: true, null),
            "BatchNormalization" => Norm(node, x),
            "Relu" => Unary(OnnxSignatures.Relu, x),
            "Clip" when IsRelu(node) => Unary(OnnxSignatures.Relu, x),
            "MaxPool" => MaxPool(node, x),
            "GlobalAveragePool" => Unary(OnnxSignatures.Mean, x),
            "ReduceMean" when IsOverPixels(node) => node.Integer("keepdims", 1) switch
            {
                1 => Unary(OnnxSignatures.Mean, x),
                0 => Flatten(Unary(OnnxSignatures.Mean, x)),
                _ => null,
            },
            // Whatever their axes: the linear layer behind them reads as many columns as an image has values.
            "Flatten" or "Reshape" or "Squeeze" => Flatten(x),
            _ => null,
        };

    /// <summary>Rows; of rows, themselves.</summary>
    int Flatten(int x) =>
        steps[x].Inputs is [var inner] && numbers.Of(OnnxSignatures.Flatten, steps[inner].Number) == steps[x].Number
            ? x
            : Unary(OnnxSignatures.Flatten, x);

    int? Conv(OnnxNode node, int x)
    {
        if (Constant(node, 1) is not { Shape: { Rank: 4, Count: > 0 } shape } weight)
            return null;
        if (OnnxGeometry.Of(node, new Pair(shape[2], shape[3])) is not { } window || node.Integer("group", 1) is not (> 0 and { } groups))
            return null;
        var options = new Conv2dOptions
        {
            Stride = window.Stride,
            Padding = window.Padding,
            Dilation = window.Dilation,
            Groups = (int)Math.Min(groups, int.MaxValue),
        };
        return Weighted(OnnxSignatures.Conv(shape, options), x, weight, node.Input(2).Length > 0, Constant(node, 2));
    }

    int? Gemm(OnnxNode node, int x) =>
        node.Single("alpha", 1) == 1 && node.Single("beta", 1) == 1 && node.Integer("transA", 0) == 0 && node.Integer("transB", 0) is 0 or 1
            ? Linear(x, Constant(node, 1), node.Integer("transB", 0) == 0, Constant(node, 2), node.Input(2).Length > 0)
            : null;

    /// <summary>A product with a constant matrix.</summary>
    /// <param name="x">What is multiplied.</param>
    /// <param name="weight">The matrix.</param>
    /// <param name="isTransposed">Whether it is [in, out].</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="hasBias">Whether there is one, constant or not.</param>
    int? Linear(int x, StoredTensor? weight, bool isTransposed, StoredTensor? bias, bool hasBias = false)
    {
        if (weight is not { Shape: { Rank: 2, Count: > 0 } })
            return null;
        weight = isTransposed ? OnnxConstants.Transposed(weight) : weight;
        return Weighted(OnnxSignatures.Linear(weight.Shape), x, weight, hasBias, bias);
    }

    int? Weighted(string signature, int x, StoredTensor weight, bool hasBias, StoredTensor? bias)
    {
        var vector = Vector(bias, weight.Shape[0], 0);
        return hasBias && vector is null
            ? null
            : Append(new(numbers.Of(signature, steps[x].Number), [x]) { Weight = weight, Bias = vector });
    }

    int? MaxPool(OnnxNode node, int x) =>
        OnnxGeometry.Of(node, null) is { } window && window.Dilation == new Pair(1, 1) && node.Integer("ceil_mode", 0) == 0
            ? Unary(OnnxSignatures.MaxPool(window.Kernel, window.Stride, window.Padding), x)
            : null;

    int? Norm(OnnxNode node, int x)
    {
        if (
            Constant(node, 1) is not { Shape: { Rank: 1 } shape } weight
            || Vector(Constant(node, 2), shape[0], 0) is not { } bias
            || Vector(Constant(node, 3), shape[0], 0) is not { } mean
            || Vector(Constant(node, 4), shape[0], 0) is not { } variance
            || node.Single("epsilon", 1e-5f) is not { } eps
            || node.Integer("spatial", 1) != 1
        )
            return null;
        var norm = new OnnxNorm.Statistics(weight, bias, mean, variance, eps);
        return steps[x] is not { Weight: { } layer, Norm: null }
                ? Append(new(numbers.Of(OnnxSignatures.Norm, steps[x].Number), [x]) { Norm = norm })
            : layer.Shape[0] == shape[0] ? Append(steps[x] with { Norm = norm })
            : null;
    }

    int? OfTwo(OnnxNode node)
    {
        var (left, right) = (Find(node.Input(0)), Find(node.Input(1)));
        if (left is { } a && right is { } b)
            return node.Operator == "Mul" ? null : Append(new(numbers.Of(OnnxSignatures.Add, steps[a].Number, steps[b].Number), [a, b]));
        if ((left ?? right) is not { } x || steps[x] is not { Weight: { } weight } step)
            return null;
        var vector = Vector(Constant(node, left is null ? 0 : 1), weight.Shape[0], weight.Shape.Rank - 2);
        return vector is not null && With(step, node.Operator == "Mul", vector) is { } changed ? Append(changed) : null;
    }

    /// <summary>A step with a product or a sum behind it: its bias, or the norm.</summary>
    static OnnxStep? With(OnnxStep step, bool isProduct, StoredTensor vector) =>
        (isProduct, step.Norm) switch
        {
            (true, null) => step with { Norm = new OnnxNorm.Products(vector, null) },
            (false, OnnxNorm.Products { Shift: null } norm) => step with { Norm = norm with { Shift = vector } },
            (false, null) when step.Bias is null => step with { Bias = vector },
            _ => null,
        };

    bool IsRelu(OnnxNode node)
    {
        return Bound("min", 1, float.MinValue) == 0 && Bound("max", 2, float.MaxValue) >= float.MaxValue;

        float? Bound(string name, int input, float otherwise) =>
            node.Input(input).Length == 0 ? node.Single(name, otherwise)
            : Constant(node, input) is { Shape.Count: 1, Type: DType.F32 } bound ? bound.ToSingles()[0]
            : null;
    }

    /// <summary>Whether a mean is that of axes 2 and 3, which older models have as an attribute.</summary>
    bool IsOverPixels(OnnxNode node)
    {
        var axes =
            node.Input(1).Length == 0 ? node.Integers("axes", [])
            : Constant(node, 1) is { Type: DType.I64, Shape: { Rank: 1, Count: 2 } } list ? OnnxNode.Integers(list)
            : null;
        return axes is [2 or -2, 3 or -1] or [3 or -1, 2 or -2];
    }

    /// <summary>One value a channel, as [C]; null if it is not that.</summary>
    /// <param name="x">[…, C, …] with ones for all else.</param>
    /// <param name="channels">C.</param>
    /// <param name="behind">Axes behind the channels.</param>
    static StoredTensor? Vector(StoredTensor? x, int channels, int behind) =>
        x is not null && x.Shape.Rank > behind && x.Shape.Count == channels && x.Shape[x.Shape.Rank - 1 - behind] == channels
            ? new(x.Name, x.Type, [channels], x.ReadBytes)
            : null;
}
