using System.Runtime.InteropServices;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>Weights as tensors of a <c>.pqf</c> file.</summary>
static class ModelTensors
{
    const string CodesSuffix = ".codes_matrix",
        CodebookSuffix = ".codebook";

    /// <summary>Single precision.</summary>
    public static StoredTensor Dense(string name, Weight.Dense weight) =>
        new(name, DType.F32, weight.Shape, bytes => weight.Value.CopyTo(MemoryMarshal.Cast<byte, float>(bytes)));

    /// <summary>[k, d], in its form.</summary>
    public static StoredTensor[] Codebook(string layer, Weight.Quantised weight) => StateDict.Codebook(layer + CodebookSuffix, weight);

    /// <summary>A layer's codes, packed.</summary>
    public static StoredTensor Codes(string layer, Weight.Quantised weight)
    {
        int bits = Cost.BitsPerCode(weight.K);
        return new(
            layer + CodesSuffix,
            DType.U8,
            [CodePacking.SizeBytes(weight.Codes.Shape.Count, bits)],
            bytes => CodePacking.Pack(weight.Codes.OnHost(), bits, bytes)
        );
    }

    /// <summary>The same file with every tensor of packed codes that fits its layer in the form of <see cref="StateDict"/>: 16 bits to a
    /// code, [rows, m].</summary>
    /// <remarks>What does not fit is passed on as it is, and so reported with all else that does not.</remarks>
    public static TensorFile Unpacked(Graph graph, TensorFile file)
    {
        // An ONNX model has the values of a weight in half precision once more, in single precision.
        var copies = ParameterSpecs
            .Of(graph)
            .Where(spec => file.ByName.ContainsKey(spec.Name))
            .Select(spec => $"{spec.Name}/float")
            .ToHashSet();
        var weights = ParameterSpecs
            .Of(graph)
            .Where(spec => spec.Role == ParameterRole.Weight)
            .ToDictionary(spec => spec.Layer + CodesSuffix);
        return new(
            file.Path,
            file.Format,
            file.Tensors.Where(tensor => !copies.Contains(tensor.Name))
                .Select(tensor =>
                    weights.TryGetValue(tensor.Name, out var spec) ? Unpacked(tensor, spec, file) : EightBits.OfModel(file, tensor)
                ),
            file.Metadata
        );
    }

    static StoredTensor Unpacked(StoredTensor packed, ParameterSpec spec, TensorFile file)
    {
        if (
            packed.Type != DType.U8
            || !file.ByName.TryGetValue(spec.Layer + CodebookSuffix, out var codebook)
            || codebook.Shape.Rank != 2
            || codebook.Shape.Count == 0
        )
            return packed;
        int d = codebook.Shape[1],
            rowLength = spec.Shape.Count / spec.Shape[0],
            bits = Cost.BitsPerCode(codebook.Shape[0]);
        if (rowLength % d != 0 || codebook.Shape[0] > 65536 || packed.Shape != [CodePacking.SizeBytes(spec.Shape.Count / d, bits)])
            return packed;
        return new(
            packed.Name,
            DType.U16,
            [spec.Shape[0], rowLength / d],
            bytes =>
            {
                // The packed bytes go to the end of their place: unpacking, which never writes ahead of what it reads, needs no memory of
                // its own.
                var packedBytes = bytes[(int)(bytes.Length - packed.SizeBytes)..];
                packed.ReadBytes(packedBytes);
                CodePacking.Unpack(packedBytes, MemoryMarshal.Cast<byte, ushort>(bytes), bits);
            }
        );
    }
}
