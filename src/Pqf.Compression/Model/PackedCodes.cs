using System.Runtime.InteropServices;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>Packed codes as tensors of a file.</summary>
static class PackedCodes
{
    const string Codes = ".codes_matrix", Codebook = ".codebook";

    /// <summary>A layer's codes, packed.</summary>
    public static StoredTensor Store(string layer, Weight.Quantised weight)
    {
        int bits = LayerReport.CodeBits(weight.K);
        return new(layer + Codes, DType.U8, [CodePacking.SizeBytes(weight.Codes.Shape.Count, bits)], bytes => CodePacking.Pack(weight.Codes.ToArray(), bits).CopyTo(bytes));
    }

    /// <summary>The same file with every tensor of packed codes that fits its layer in the form of <see cref="StateDict"/>: 16 bits to a code, [rows, m].</summary>
    /// <remarks>What does not fit is passed on as it is, and so reported with all else that does not.</remarks>
    public static TensorFile Unpacked(Graph graph, TensorFile file)
    {
        var weights = ParameterSpecs.Of(graph).Where(spec => spec.Role == ParameterRole.Weight).ToDictionary(spec => spec.Layer + Codes);
        return new(file.Path, file.Format, file.Tensors.Select(tensor => weights.TryGetValue(tensor.Name, out var spec) ? Unpacked(tensor, spec, file) : tensor), file.Metadata);
    }

    static StoredTensor Unpacked(StoredTensor packed, ParameterSpec spec, TensorFile file)
    {
        if (packed.Type != DType.U8 || !file.ByName.TryGetValue(spec.Layer + Codebook, out var codebook) || codebook.Shape.Rank != 2 || codebook.Shape.Count == 0)
            return packed;
        int d = codebook.Shape[1], rowLength = spec.Shape.Count / spec.Shape[0], bits = LayerReport.CodeBits(codebook.Shape[0]);
        if (rowLength % d != 0 || codebook.Shape[0] > 65536 || packed.Shape != [CodePacking.SizeBytes(spec.Shape.Count / d, bits)])
            return packed;
        return new(packed.Name, DType.U16, [spec.Shape[0], rowLength / d], bytes =>
        {
            byte[] packedBytes = new byte[packed.SizeBytes];
            packed.ReadBytes(packedBytes);
            CodePacking.Unpack(packedBytes, MemoryMarshal.Cast<byte, ushort>(bytes), bits);
        });
    }
}
