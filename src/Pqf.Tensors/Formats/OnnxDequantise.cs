using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>Weights that are stored as integers: (x − zero point) · scale, of which there is one, or one for each index along an
/// axis.</summary>
/// <remarks>Source: the operator DequantizeLinear of the ONNX project's Operators.md.</remarks>
static class OnnxDequantise
{
    /// <summary>The weights.</summary>
    /// <param name="node">Says which axis, and is named in errors.</param>
    /// <param name="x">Integers of any rank.</param>
    /// <param name="scale">[], [1] or [C].</param>
    /// <param name="zeroPoint">As many as scales; null for zeros.</param>
    /// <exception cref="InvalidDataException">Types or shapes do not fit, or there is a scale for each block of an axis.</exception>
    public static StoredTensor Decode(OnnxNode node, StoredTensor x, StoredTensor scale, StoredTensor? zeroPoint)
    {
        if (x.Type is not (DType.I8 or DType.U8 or DType.I16 or DType.U16 or DType.I32) || (zeroPoint?.Type ?? x.Type) != x.Type)
            throw Problem($"expected integers of 8, 16 or 32 bits with a zero point of the same type, got {x.Type} and {zeroPoint?.Type}");
        if (scale.Type is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64))
            throw Problem($"expected a floating-point scale, got {scale.Type}");
        if (node.Integer("block_size", 0) is not 0)
            throw Problem("its weights have a scale for each block; expected one, or one for each channel");
        int count = scale.Shape.Count,
            inner = x.Shape.Count;
        if (scale.Shape.Rank > 1 || count != 1)
        {
            long axis = node.Integer("axis", 1) ?? x.Shape.Rank;
            axis = axis < 0 ? axis + x.Shape.Rank : axis;
            if (axis < 0 || axis >= x.Shape.Rank || scale.Shape.Rank != 1 || x.Shape[(int)axis] != count)
                throw Problem($"expected one scale, or one for each index along axis {axis} of {x.Name} {x.Shape}, got {scale.Shape}");
            inner = x.Shape.AsSpan()[(int)(axis + 1)..].ToArray().Aggregate(1, (product, length) => product * length);
        }

        if (zeroPoint is not null && zeroPoint.Shape.Count != count)
            throw Problem($"expected as many zero points as scales, {count}, got {zeroPoint.Shape}");
        var shape = CheckedShape.Create(x.Name, [.. x.Shape.Select(length => (long)length)], DType.F32);
        return new(x.Name, DType.F32, shape, bytes => Decode(x, scale, zeroPoint, inner, MemoryMarshal.Cast<byte, float>(bytes)));

        InvalidDataException Problem(string problem) => new($"{node.Text}: {problem}");
    }

    static void Decode(StoredTensor x, StoredTensor scale, StoredTensor? zeroPoint, int inner, Span<float> result)
    {
        int[] integers = x.ToInt32s(),
            zeros = zeroPoint?.ToInt32s() ?? new int[scale.Shape.Count];
        float[] scales = scale.ToSingles();
        for (int i = 0; i < integers.Length; i++)
        {
            int channel = i / inner % scales.Length;
            result[i] = ((long)integers[i] - zeros[channel]) * scales[channel];
        }
    }
}
