using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Functions of each value by itself, and of the values along one axis.</summary>
static class FunctionOperators
{
    const float DefaultLeak = 0.01f,
        DefaultHardSlope = 0.2f,
        DefaultHardOffset = 0.5f;

    // How near a written constant is to the number that it stands for.
    const float Near = 1e-5f;

    /// <summary>The input as it is.</summary>
    public static Result<ModelValue, string> Same(NodeReading node) => Input(node);

    /// <summary>The input as it is: values are not rounded to integers here.</summary>
    public static Result<ModelValue, string> Quantise(NodeReading node)
    {
        node.Note("values that the model rounds to integers between its layers are not rounded here");
        return Input(node);
    }

    /// <summary>The input as it is, where it stays a floating-point number.</summary>
    public static Result<ModelValue, string> Cast(NodeReading node) =>
        node.Node.Integer("to", 0) is { } to && OnnxTypes.TypeOf(to) is DType.F32 or DType.F16 or DType.F64 or DType.BF16
            ? Input(node)
            : "only floating-point numbers are run here, got a cast to others";

    /// <summary>max(x, 0).</summary>
    public static Result<ModelValue, string> Relu(NodeReading node) => Map(node, x => new ReluLayer(x));

    /// <summary>1 / (1 + exp(−x)).</summary>
    public static Result<ModelValue, string> Sigmoid(NodeReading node) => Map(node, x => new SigmoidLayer(x));

    /// <summary>Hyperbolic tangent.</summary>
    public static Result<ModelValue, string> Tanh(NodeReading node) => Map(node, x => new TanhLayer(x));

    /// <summary>eˣ.</summary>
    public static Result<ModelValue, string> Exp(NodeReading node) => Map(node, x => new ExpLayer(x));

    /// <summary>−x.</summary>
    public static Result<ModelValue, string> Negate(NodeReading node) => Map(node, x => new AffineLayer(x, -1, 0));

    /// <summary>x · sigmoid(x).</summary>
    public static Result<ModelValue, string> Silu(NodeReading node) => Map(node, x => new SiluLayer(x));

    /// <summary>x · clamp(x / 6 + 1/2, 0, 1).</summary>
    public static Result<ModelValue, string> HardSwish(NodeReading node) => Map(node, x => new HardSwishLayer(x));

    /// <summary>x · Φ(x).</summary>
    public static Result<ModelValue, string> ExactGelu(NodeReading node) => Map(node, x => new GeluLayer(x));

    /// <summary>x · Φ(x), by a hyperbolic tangent.</summary>
    public static Result<ModelValue, string> GeluTanh(NodeReading node) => Map(node, x => new GeluTanhLayer(x));

    /// <summary>x · Φ(x), in either form.</summary>
    public static Result<ModelValue, string> Gelu(NodeReading node) =>
        node.Node.Word("approximate", "none") switch
        {
            "none" => ExactGelu(node),
            "tanh" => GeluTanh(node),
            _ => "expected an approximate of none or tanh",
        };

    /// <summary>clamp(slope · x + offset, 0, 1).</summary>
    public static Result<ModelValue, string> HardSigmoid(NodeReading node) =>
        node.Node.Single("alpha", DefaultHardSlope) is { } slope && node.Node.Single("beta", DefaultHardOffset) is { } offset
            ? Map(node, x => new HardSigmoidLayer(x, slope, offset))
            : "expected numbers for alpha and beta";

    /// <summary>Whether a node is PyTorch's hard sigmoid.</summary>
    public static bool IsUsualHardSigmoid(OnnxNode node) =>
        node.Operator == "HardSigmoid"
        && node.IsStandard
        && node.Single("alpha", DefaultHardSlope) is { } slope
        && Math.Abs(slope - (1f / 6)) < Near
        && node.Single("beta", DefaultHardOffset) is { } offset
        && Math.Abs(offset - 0.5f) < Near;

    /// <summary>x above 0, a multiple of x below.</summary>
    public static Result<ModelValue, string> LeakyRelu(NodeReading node) =>
        node.Node.Single("alpha", DefaultLeak) is { } slope ? Map(node, x => new LeakyReluLayer(x, slope)) : "expected a number for alpha";

    /// <summary>x above 0, x times its channel's slope below.</summary>
    public static Result<ModelValue, string> PRelu(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.Constant(1) is not { } slopes)
            return $"expected slopes that are constant, got {node.Text(1)}";
        if (ArithmeticOperators.ChannelVector(node, x, slopes) is not { } vector)
            return $"expected one slope, or one for each channel, got {node.Text(1)}";
        int count = vector.Shape.Count;
        return node.Weighted(
            x,
            new(LayerNames.Base(slopes.Name), $"prelu\n{slopes.Name}\n{count}", [(".weight", vector)]),
            (from, name) => new PReluLayer(from, name, count)
        );
    }

    /// <summary>x from one number to another.</summary>
    public static Result<ModelValue, string> Clip(NodeReading node)
    {
        bool isOld = node.Opset < 11;
        var low =
            isOld ? node.Node.Single("min", float.NegativeInfinity)
            : node.Has(1) ? node.Scalar(1)
            : float.NegativeInfinity;
        var high =
            isOld ? node.Node.Single("max", float.PositiveInfinity)
            : node.Has(2) ? node.Scalar(2)
            : float.PositiveInfinity;
        return low is { } from && high is { } to ? Clamped(node, 0, from, to) : "expected bounds that are constant numbers";
    }

    /// <summary>The larger of x and a number.</summary>
    public static Result<ModelValue, string> Max(NodeReading node) => Bounded(node, bound => (bound, float.PositiveInfinity));

    /// <summary>The smaller of x and a number.</summary>
    public static Result<ModelValue, string> Min(NodeReading node) => Bounded(node, bound => (float.NegativeInfinity, bound));

    /// <summary>Probabilities along an axis. Older versions see all axes from it on as one.</summary>
    public static Result<ModelValue, string> Softmax(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        bool isOld = node.Opset < 13;
        if (node.Node.Integer("axis", isOld ? 1 : -1) is not { } given || node.Axis(x, given) is not (> 0 and { } axis))
            return "expected an axis of the value but the first";
        var shape = node.ImageShape(x);
        if (!isOld)
            return Softmax(node, x, axis);
        int[] longer = [.. Enumerable.Range(axis, shape.Length + 1 - axis).Where(place => shape[place - 1] > 1)];
        if (longer.Length <= 1)
            return Softmax(node, x, longer.Length == 1 ? longer[0] : axis);
        if (axis > 1)
            return "older versions' softmax over several axes is run from axis 1 on only";
        var rows = ShapeOperators.Reshaped(node, x, [shape.Aggregate(1, (a, b) => a * b)]);
        return ShapeOperators.Reshaped(node, node.Elementwise(rows, from => new SoftmaxLayer(from)), shape);
    }

    static Result<ModelValue, string> Softmax(NodeReading node, ModelValue x, int axis)
    {
        int channels = node.ChannelAxis(x);
        if (axis == channels)
            return node.Elementwise(x, from => new SoftmaxLayer(from));
        x = node.AsMemory(x);
        int[] order = [.. Enumerable.Range(0, node.Rank(x))];
        channels = node.ChannelAxis(x);
        (order[axis], order[channels]) = (order[channels], order[axis]);
        ImmutableArray<int> swap = [.. order];
        var turned = node.Layer(x, (from, _) => new TransposeLayer(from[0], swap));
        return node.Layer(node.Elementwise(turned, from => new SoftmaxLayer(from)), (from, _) => new TransposeLayer(from[0], swap));
    }

    static Result<ModelValue, string> Bounded(NodeReading node, Func<float, (float Low, float High)> bounds)
    {
        if (node.Node.Inputs.Length != 2)
            return "expected a value and a number";
        int i = node.Value(0) is null ? 1 : 0;
        if (node.Scalar(1 - i) is not { } bound)
            return $"expected a constant number, got {node.Text(1 - i)}";
        var (low, high) = bounds(bound);
        return Clamped(node, i, low, high);
    }

    static Result<ModelValue, string> Clamped(NodeReading node, int i, float low, float high) =>
        node.Value(i) is not { } x ? $"expected a value, got {node.Text(i)}"
        : low == 0 && high >= float.MaxValue ? node.Elementwise(x, from => new ReluLayer(from))
        : low <= high ? node.Elementwise(x, from => new ClipLayer(from, low, high))
        : $"expected a lower bound that is at most the upper one, got {low} and {high}";

    static Result<ModelValue, string> Input(NodeReading node) => node.Value(0) is { } x ? x : $"expected a value, got {node.Text(0)}";

    static Result<ModelValue, string> Map(NodeReading node, Func<int, Layer> make) => Input(node).Map(x => node.Elementwise(x, make));
}
