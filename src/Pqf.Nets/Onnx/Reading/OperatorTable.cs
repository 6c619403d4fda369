using System.Collections.Frozen;
using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Turns one node into layers.</summary>
/// <param name="node">The node.</param>
/// <returns>Its values, in order; or why it does not become layers.</returns>
delegate Result<ImmutableArray<ModelValue>, string> OnnxConversion(NodeReading node);

/// <summary>The operations of ONNX that become layers. A new one is one line here.</summary>
static class OperatorTable
{
    /// <summary>Domain of what <see cref="Patterns"/> makes of several nodes.</summary>
    public const string OwnDomain = "pqf";

    static readonly FrozenDictionary<string, OnnxConversion> Standard = new Dictionary<string, OnnxConversion>
    {
        ["Add"] = One(ArithmeticOperators.Add),
        ["AveragePool"] = One(PoolOperators.AveragePool),
        ["BatchNormalization"] = One(NormOperators.BatchNorm),
        ["Cast"] = One(FunctionOperators.Cast),
        ["Clip"] = One(FunctionOperators.Clip),
        ["Concat"] = One(AxisOperators.Concat),
        ["Conv"] = One(ConvolutionOperators.Conv),
        ["ConvTranspose"] = One(ConvolutionOperators.ConvTranspose),
        ["DequantizeLinear"] = One(FunctionOperators.Same),
        ["Div"] = One(ArithmeticOperators.Divide),
        ["Dropout"] = One(FunctionOperators.Same),
        ["Exp"] = One(FunctionOperators.Exp),
        ["Flatten"] = One(ShapeOperators.Flatten),
        ["Gather"] = One(AxisOperators.Gather),
        ["Gelu"] = One(FunctionOperators.Gelu),
        ["Gemm"] = One(ProductOperators.Gemm),
        ["GlobalAveragePool"] = One(PoolOperators.GlobalAveragePool),
        ["GlobalMaxPool"] = One(PoolOperators.GlobalMaxPool),
        ["HardSigmoid"] = One(FunctionOperators.HardSigmoid),
        ["HardSwish"] = One(FunctionOperators.HardSwish),
        ["Identity"] = One(FunctionOperators.Same),
        ["LayerNormalization"] = One(NormOperators.LayerNorm),
        ["LeakyRelu"] = One(FunctionOperators.LeakyRelu),
        ["LRN"] = One(NormOperators.LocalResponseNorm),
        ["MatMul"] = One(ProductOperators.MatMul),
        ["Max"] = One(FunctionOperators.Max),
        ["MaxPool"] = One(PoolOperators.MaxPool),
        ["Min"] = One(FunctionOperators.Min),
        ["Mul"] = One(ArithmeticOperators.Multiply),
        ["Neg"] = One(FunctionOperators.Negate),
        ["Pad"] = One(PixelOperators.Pad),
        ["Pow"] = One(ArithmeticOperators.Power),
        ["PRelu"] = One(FunctionOperators.PRelu),
        ["QuantizeLinear"] = One(FunctionOperators.Quantise),
        ["ReduceMax"] = One(PoolOperators.ReduceMax),
        ["ReduceMean"] = One(PoolOperators.ReduceMean),
        ["ReduceSum"] = One(PoolOperators.ReduceSum),
        ["Relu"] = One(FunctionOperators.Relu),
        ["Reshape"] = One(ShapeOperators.Reshape),
        ["Resize"] = One(PixelOperators.Resize),
        ["Sigmoid"] = One(FunctionOperators.Sigmoid),
        ["Slice"] = One(AxisOperators.Slice),
        ["Softmax"] = One(FunctionOperators.Softmax),
        ["Split"] = AxisOperators.Split,
        ["Squeeze"] = One(ShapeOperators.Squeeze),
        ["Sub"] = One(ArithmeticOperators.Subtract),
        ["Sum"] = One(ArithmeticOperators.Sum),
        ["Tanh"] = One(FunctionOperators.Tanh),
        ["Transpose"] = One(ShapeOperators.Transpose),
        ["Unsqueeze"] = One(ShapeOperators.Unsqueeze),
        ["Upsample"] = One(PixelOperators.Resize),
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, OnnxConversion> Own = new Dictionary<string, OnnxConversion>
    {
        [Patterns.Gelu] = One(FunctionOperators.ExactGelu),
        [Patterns.GeluTanh] = One(FunctionOperators.GeluTanh),
        [Patterns.HardSwish] = One(FunctionOperators.HardSwish),
        [Patterns.LayerNorm] = One(NormOperators.OwnLayerNorm),
        [Patterns.Silu] = One(FunctionOperators.Silu),
    }.ToFrozenDictionary();

    /// <summary>Names of ONNX's operations that become layers.</summary>
    public static IEnumerable<string> Names => Standard.Keys;

    /// <summary>How a node becomes layers; null if it is not run here.</summary>
    public static OnnxConversion? Find(OnnxNode node) =>
        node.Domain == OwnDomain ? Own.GetValueOrDefault(node.Operator)
        // ONNX Runtime's quantiser puts these into a domain of its own.
        : node.IsStandard || node.Operator is "QuantizeLinear" or "DequantizeLinear" ? Standard.GetValueOrDefault(node.Operator)
        : null;

    static OnnxConversion One(Func<NodeReading, Result<ModelValue, string>> convert) =>
        node => convert(node).Map(value => ImmutableArray.Create(value));
}
