using System.Runtime.InteropServices;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Partial;

/// <summary>The nodes and tensors that give a model its weights from what is stored of them. Only operations are used that all versions
/// from 7 on have.</summary>
/// <param name="taken">Names that the model has already.</param>
/// <param name="asConstants">Whether tensors are constant nodes: models of the oldest formats list initialisers among their
/// inputs.</param>
sealed class WeightDecoding(HashSet<string> taken, bool asConstants)
{
    readonly List<WireField> nodes = [],
        initialisers = [];

    /// <summary>In an order in which each reads earlier values only. They read nothing of the model.</summary>
    public IReadOnlyList<WireField> Nodes => nodes;

    /// <summary>Tensors that the nodes read.</summary>
    public IReadOnlyList<WireField> Initialisers => initialisers;

    /// <summary>Adds what makes a weight again, under its name in the model.</summary>
    /// <param name="weight">As the model has it.</param>
    /// <param name="value">What is stored of it; less than single precision.</param>
    public void Add(PartialWeight weight, Weight value) =>
        value.Match(dense => AddDense(weight, dense), quantised => AddCodes(weight, quantised));

    /// <summary>Rows of the codebook picked by the codes, put into the weight's shape.</summary>
    Unit AddCodes(PartialWeight weight, Weight.Quantised value)
    {
        var type = weight.Tensor.Type;
        string codes = Tensor(StateDict.Codes($"{weight.Layer}.codes_matrix", value, DType.U16)),
            numbers = Node("Cast", [codes], $"{weight.Layer}.codes_matrix/int32", To(DType.I32)),
            words = Words(weight.Layer, StateDict.Codebook($"{weight.Layer}.codebook", value), type),
            blocks = Node("Gather", [words, numbers], $"{weight.Layer}/blocks");
        string shape = Shape(weight.IsTurned ? weight.Shape : weight.Tensor.Shape);
        if (!weight.IsTurned)
            return Last("Reshape", [blocks, shape], weight);
        string rows = Node("Reshape", [blocks, shape], $"{weight.Layer}/rows");
        return Last("Transpose", [rows], weight, OnnxMessages.Attribute("perm", [1, 0]));
    }

    /// <summary>A codebook in the weight's type.</summary>
    string Words(string layer, StoredTensor[] stored, DType type) =>
        stored is [var halves]
            ? type == DType.F16
                ? Tensor(halves)
                : Node("Cast", [Tensor(halves)], $"{layer}.codebook/words", To(type))
            : Typed($"{layer}.codebook/words", Scaled(layer, stored[0], stored[1], []), type);

    Unit AddDense(PartialWeight weight, Weight.Dense value)
    {
        var stored = StateDict.Stored(weight.Name, value);
        if (stored is [var halves])
            return Last("Cast", [Tensor(AsInModel(weight, halves).Rename($"{weight.Layer}.half"))], weight, To(weight.Tensor.Type));
        // In the weight's own order, with a scale for each row or, of a turned matrix, for each column.
        var own = weight.Tensor.Shape;
        var codes = AsInModel(weight, stored[0]);
        int rows = weight.Shape[0];
        Shape scales = weight.IsTurned ? [1, rows] : new([rows, .. Enumerable.Repeat(1, own.Rank - 1)]);
        string singles = Scaled(weight.Layer, codes, stored[1], scales);
        return Last("Cast", [singles], weight, To(weight.Tensor.Type));
    }

    /// <summary>Values of codes in 8 bits: exact in single precision.</summary>
    string Scaled(string layer, StoredTensor codes, StoredTensor scale, Shape scales)
    {
        string numbers = Node("Cast", [Tensor(codes)], $"{codes.Name}/float", To(DType.F32)),
            factor = Tensor(new(scale.Name, DType.F32, scales, bytes => scale.ReadSingles(MemoryMarshal.Cast<byte, float>(bytes))));
        return Node("Mul", [numbers, factor], $"{layer}/scaled");
    }

    string Typed(string name, string singles, DType type) => type == DType.F32 ? singles : Node("Cast", [singles], name, To(type));

    /// <summary>What is stored of a weight in the model's own order.</summary>
    static StoredTensor AsInModel(PartialWeight weight, StoredTensor stored) =>
        weight.IsTurned ? Turned(stored) : Reading.Constant.Reshaped(stored, weight.Tensor.Shape);

    /// <summary>A matrix with rows and columns exchanged, its values as they are stored.</summary>
    static StoredTensor Turned(StoredTensor matrix) =>
        new(
            matrix.Name,
            matrix.Type,
            [matrix.Shape[1], matrix.Shape[0]],
            bytes =>
            {
                byte[] from = new byte[matrix.SizeBytes];
                matrix.ReadBytes(from);
                var (rows, columns) = (matrix.Shape[0], matrix.Shape[1]);
                int size = from.Length / Math.Max(1, rows * columns);
                for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++)
                    from.AsSpan(((i * columns) + j) * size, size).CopyTo(bytes[(((j * rows) + i) * size)..]);
            }
        );

    static WireField To(DType type) => OnnxMessages.Attribute("to", OnnxTypes.NumberOf(type));

    /// <summary>The list of a shape's lengths, a constant node.</summary>
    string Shape(Shape shape)
    {
        string name = taken.AddFree($"shape/{string.Join('x', shape.AsSpan().ToArray())}");
        nodes.Add(Constant(StoredTensor.FromValues(name, DType.I64, [shape.Rank], [.. shape.Select(length => (long)length)])));
        return name;
    }

    string Tensor(StoredTensor tensor)
    {
        var named = tensor.Rename(taken.AddFree(tensor.Name));
        if (asConstants)
            nodes.Add(Constant(named));
        else
            initialisers.Add(OnnxMessages.Initialiser(named));
        return named.Name;
    }

    static WireField Constant(StoredTensor tensor) =>
        OnnxMessages.Node("Constant", [], tensor.Name, OnnxMessages.Attribute("value", tensor));

    string Node(string operation, IEnumerable<string> inputs, string output, params IEnumerable<WireField> attributes)
    {
        output = taken.AddFree(output);
        nodes.Add(OnnxMessages.Node(operation, inputs, output, attributes));
        return output;
    }

    Unit Last(string operation, IEnumerable<string> inputs, PartialWeight weight, params IEnumerable<WireField> attributes)
    {
        nodes.Add(OnnxMessages.Node(operation, inputs, weight.Tensor.Name, attributes));
        return default;
    }
}
