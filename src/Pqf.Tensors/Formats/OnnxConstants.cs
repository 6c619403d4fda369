using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>The values of a model that do not depend on its inputs: initialisers, constants, and what is computed from them by operations
/// that weights come through. Nothing is computed before it is read.</summary>
sealed class OnnxConstants
{
    /// <summary>Of operations one after the other: reading a value goes through all of them.</summary>
    const int MaxDepth = 16;

    /// <summary>What ONNX Runtime's quantiser puts behind a weight's name.</summary>
    const string DequantisedSuffix = "_DequantizeLinear_Output";

    readonly OnnxReaders readers;
    readonly Dictionary<string, StoredTensor> values = [];
    readonly Dictionary<string, int> depths = [];
    readonly Dictionary<string, StoredTensor> quantised = [];
    readonly Dictionary<string, StoredTensor> weights = [];

    OnnxConstants(OnnxReaders readers) => this.readers = readers;

    /// <summary>Tensors that may be a network's weights, in file order: initialisers, constants other than numbers and shapes, and both
    /// under
    /// the names that other operations give them.</summary>
    public ImmutableArray<StoredTensor> Weights => [.. weights.Values];

    /// <summary>Weights that are stored as integers with a scale.</summary>
    public int DequantisedCount { get; private set; }

    /// <summary>The value of a name; null if it depends on the inputs, or on an operation that is not computed here.</summary>
    public StoredTensor? Find(string name) => values.GetValueOrDefault(name);

    /// <summary>Computes all.</summary>
    /// <param name="nodes">In file order.</param>
    /// <param name="initialisers">Names unique.</param>
    /// <exception cref="InvalidDataException">A name occurs twice, or a quantised weight is not sound.</exception>
    public static OnnxConstants Of(ImmutableArray<OnnxNode> nodes, ImmutableArray<StoredTensor> initialisers)
    {
        var constants = new OnnxConstants(OnnxReaders.Of(nodes));
        foreach (var tensor in initialisers)
            constants.Add(tensor.Name, tensor, 0, !constants.readers.OnlyQuantise(tensor.Name));
        foreach (var node in nodes.Where(node => node.Output.Length > 0))
            constants.Fold(node);
        return constants;
    }

    /// <summary>A matrix with rows and columns exchanged.</summary>
    public static StoredTensor Transposed(StoredTensor x) =>
        new(
            x.Name,
            DType.F32,
            [x.Shape[1], x.Shape[0]],
            bytes =>
            {
                float[] from = x.ToSingles();
                var to = MemoryMarshal.Cast<byte, float>(bytes);
                var (rows, columns) = (x.Shape[0], x.Shape[1]);
                for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++)
                    to[(j * rows) + i] = from[(i * columns) + j];
            }
        );

    void Fold(OnnxNode node)
    {
        var x = Find(node.Input(0));
        switch (node.Operator)
        {
            case "Constant" when node.IsStandard && Value(node) is { } constant:
                // Numbers and shapes are no weights.
                bool isWeight = constant.Shape.Rank > 0 && constant.Type is not (DType.I64 or DType.I32 or DType.Bool);
                isWeight = isWeight && !readers.OnlyQuantise(node.Output) && !readers.OnlyResize(node.Output);
                Add(node.Output, constant, 0, isWeight);
                break;
            case "Identity" when node.IsStandard && x is not null:
                Add(node.Output, x, Depth(node), weights.ContainsKey(node.Input(0)) && !readers.OnlyQuantise(node.Output));
                break;
            case "Cast" when node.IsStandard && x is not null && Cast(node, x) is { } cast:
                Add(node.Output, cast, Depth(node) + 1, weights.ContainsKey(node.Input(0)) && readers.AsWeight(node.Output));
                break;
            case "Transpose" when node.IsStandard && x is { Shape.Rank: 2 } && IsTurned(node):
                Add(node.Output, Transposed(x), Depth(node) + 1, false);
                break;
            case "QuantizeLinear" when x is not null:
                quantised.TryAdd(node.Output, x);
                break;
            case "DequantizeLinear":
                Dequantise(node, x);
                break;
            default:
                break;
        }
    }

    void Dequantise(OnnxNode node, StoredTensor? x)
    {
        // Weights that are quantised in the graph: those before rounding are the better ones.
        if (quantised.TryGetValue(node.Input(0), out var exact))
            Add(node.Output, exact, Depth(node), false);
        if (x is null || Find(node.Input(1)) is not { } scale)
            return;
        var zeroPoint = Find(node.Input(2));
        if (node.Input(2).Length > 0 && zeroPoint is null)
            return;
        var decoded = OnnxDequantise.Decode(node, x, scale, zeroPoint);
        Add(node.Output, decoded, Depth(node) + 1, false);
        string name = node.Output.EndsWith(DequantisedSuffix, StringComparison.Ordinal)
            ? node.Output[..^DequantisedSuffix.Length]
            : node.Output;
        if (decoded.Shape.Rank > 0 && weights.TryAdd(name, decoded.Rename(name)))
            DequantisedCount++;
    }

    int Depth(OnnxNode node) => node.Inputs.Max(input => depths.GetValueOrDefault(input));

    void Add(string name, StoredTensor tensor, int depth, bool isWeight)
    {
        if (depth > MaxDepth)
            return;
        tensor = tensor.Rename(name);
        if (!values.TryAdd(name, tensor) || (isWeight && !weights.TryAdd(name, tensor)))
            throw new InvalidDataException($"{name}: occurs twice");
        depths.Add(name, depth);
    }

    static StoredTensor? Value(OnnxNode node) =>
        node.Tensor("value")
        ?? node.Tensor("value_floats")
        ?? node.Tensor("value_ints")
        ?? (
            node.Attributes.GetValueOrDefault("value_float") is OnnxAttribute.Single single
                ? StoredTensor.FromSingles(node.Output, [], [single.Value])
            : node.Attributes.GetValueOrDefault("value_int") is OnnxAttribute.Integer integer
                ? StoredTensor.FromValues(node.Output, DType.I64, [], [integer.Value])
            : null
        );

    /// <summary>Values of another floating-point type. Others are no weights any more: codes, shapes.</summary>
    static StoredTensor? Cast(OnnxNode node, StoredTensor x) =>
        node.Integer("to", 0) is not { } number || OnnxTypes.TypeOf(number) is not { } to ? null
        : to == x.Type || (to == DType.F64 && x.Type is DType.F32 or DType.F16) ? x
        : to == DType.F32 ? new(x.Name, to, x.Shape, bytes => x.ReadSingles(MemoryMarshal.Cast<byte, float>(bytes)))
        : to == DType.F16 ? new(x.Name, to, x.Shape, bytes => Round(x.ToSingles(), MemoryMarshal.Cast<byte, Half>(bytes)))
        : null;

    static void Round(float[] values, Span<Half> halves)
    {
        for (int i = 0; i < values.Length; i++)
            halves[i] = (Half)values[i];
    }

    static bool IsTurned(OnnxNode node) => node.Integers("perm", [1, 0]) is [1, 0];
}
