using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>Values in 8 bits each with a scale for each row: value = code · scale, code −127 … 127, scale in half precision.</summary>
/// <remarks>The scale is the row's largest magnitude over 127. A search for a better one gains some 5 % of an error that is small already
/// (measured on normal values in rows of 9, 25 and 64).</remarks>
public static class EightBits
{
    /// <summary>End of the name of a tensor of codes, after the name of the values: <c>features.0.weight_int8</c>.</summary>
    public const string CodesSuffix = "_int8";

    /// <summary>End of the name of the tensor of scales, after the name of the values.</summary>
    public const string ScaleSuffix = "_scale";

    const int LargestCode = 127;

    /// <summary>Bits of the codes and of the scales.</summary>
    /// <param name="count">Values.</param>
    /// <param name="rows">Scales.</param>
    public static long SizeBits(long count, int rows) => (8 * count) + (16L * rows);

    /// <summary>A scale for each row.</summary>
    /// <param name="values">Finite, row by row.</param>
    /// <param name="rows">How many; divides the count of values.</param>
    public static Half[] Scales(ReadOnlySpan<float> values, int rows)
    {
        var scales = new Half[rows];
        int length = rows == 0 ? 0 : values.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            float largest = 0;
            foreach (float value in values.Slice(row * length, length))
                largest = MathF.Max(largest, MathF.Abs(value));
            scales[row] = ScaleFor(largest);
        }

        return scales;
    }

    /// <summary>The nearest code of each value; ties go to the even code.</summary>
    /// <param name="values">Finite, row by row.</param>
    /// <param name="scales">One for each row.</param>
    /// <param name="codes">Filled, as many as values.</param>
    public static void Encode(ReadOnlySpan<float> values, ReadOnlySpan<Half> scales, Span<sbyte> codes)
    {
        int length = scales.IsEmpty ? 0 : values.Length / scales.Length;
        for (int row = 0; row < scales.Length; row++)
        {
            float scale = (float)scales[row];
            for (int i = row * length; i < (row + 1) * length; i++)
                codes[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(values[i] / scale), -LargestCode, LargestCode);
        }
    }

    /// <summary>The values of codes, exact in single precision.</summary>
    /// <param name="codes">Row by row.</param>
    /// <param name="scales">One for each row.</param>
    /// <param name="values">Filled, as many as codes.</param>
    public static void Decode(ReadOnlySpan<sbyte> codes, ReadOnlySpan<Half> scales, Span<float> values)
    {
        int length = scales.IsEmpty ? 0 : codes.Length / scales.Length;
        for (int row = 0; row < scales.Length; row++)
        {
            float scale = (float)scales[row];
            for (int i = row * length; i < (row + 1) * length; i++)
                values[i] = codes[i] * scale;
        }
    }

    /// <summary>The two tensors that hold values in a file; they compute their bytes when they are written.</summary>
    /// <param name="name">Name of the values.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="rows">Scales.</param>
    /// <param name="read">Gives the values, finite.</param>
    public static StoredTensor[] Stored(string name, Shape shape, int rows, Func<float[]> read) =>
        [
            new(
                name + CodesSuffix,
                DType.I8,
                shape,
                bytes =>
                {
                    float[] values = read();
                    Encode(values, Scales(values, rows), MemoryMarshal.Cast<byte, sbyte>(bytes));
                }
            ),
            new(name + ScaleSuffix, DType.F16, [rows], bytes => MemoryMarshal.AsBytes(Scales(read(), rows).AsSpan()).CopyTo(bytes)),
        ];

    /// <summary>A file's tensors with those of 8 bits decoded: one tensor of single precision in the place of codes and scales.</summary>
    /// <remarks>Tensors with such names that do not fit each other stay as they are.</remarks>
    internal static IEnumerable<StoredTensor> Decoded(IReadOnlyList<StoredTensor> tensors)
    {
        if (!tensors.Any(tensor => tensor.Type == DType.I8 && tensor.Name.EndsWith(CodesSuffix, StringComparison.Ordinal)))
            return tensors;
        var byName = tensors.ToDictionary(tensor => tensor.Name);
        var pairs = tensors
            .Where(tensor => tensor.Type == DType.I8 && tensor.Name.EndsWith(CodesSuffix, StringComparison.Ordinal))
            .Select(codes => (Codes: codes, Name: codes.Name[..^CodesSuffix.Length]))
            .Where(pair => !byName.ContainsKey(pair.Name))
            .Select(pair => (pair.Codes, pair.Name, Scale: byName.GetValueOrDefault(pair.Name + ScaleSuffix)))
            .Where(pair => pair.Scale is { Type: DType.F16, Shape.Rank: 1 } scale && Fits(pair.Codes.Shape, scale.Shape[0]))
            .ToDictionary(pair => pair.Codes.Name, pair => Decoded(pair.Name, pair.Codes, pair.Scale!));
        var scales = pairs.Values.Select(decoded => decoded.Name + ScaleSuffix).ToHashSet();
        return tensors.Where(tensor => !scales.Contains(tensor.Name)).Select(tensor => pairs.GetValueOrDefault(tensor.Name, tensor));
    }

    /// <summary>A tensor of a model that we wrote, which a node decodes there: the same, with its type in the file.</summary>
    public static StoredTensor OfModel(TensorFile file, StoredTensor tensor) =>
        file.Onnx?.Constants.Find(tensor.Name + CodesSuffix) is { Type: DType.I8 } && tensor.Type == DType.F32
            ? new(tensor.Name, tensor.Type, tensor.Shape, tensor.ReadBytes) { EncodedAs = DType.I8 }
            : tensor;

    static bool Fits(Shape codes, int rows) => rows == 1 || (codes.Rank > 0 && codes[0] == rows);

    static StoredTensor Decoded(string name, StoredTensor codes, StoredTensor scale) =>
        new(
            name,
            DType.F32,
            codes.Shape,
            bytes =>
            {
                // Codes go to the end of their place: decoding, which never writes ahead of what it reads, needs no memory of its own.
                var ownCodes = bytes[(bytes.Length - codes.Shape.Count)..];
                codes.ReadBytes(ownCodes);
                var scales = new Half[scale.Shape[0]];
                scale.ReadBytes(MemoryMarshal.AsBytes(scales.AsSpan()));
                Decode(MemoryMarshal.Cast<byte, sbyte>(ownCodes), scales, MemoryMarshal.Cast<byte, float>(bytes));
            }
        )
        {
            EncodedAs = DType.I8,
        };

    // Powers of two below the normal numbers of half precision: rounding the rounded values again changes nothing.
    static Half ScaleFor(float largest)
    {
        float scale = largest / LargestCode,
            leastNormal = MathF.ScaleB(1, -14),
            least = MathF.ScaleB(1, -24);
        if (scale == 0)
            return Half.Zero;
        if (scale >= leastNormal)
            return (Half)MathF.Min(scale, (float)Half.MaxValue);
        float power = MathF.ScaleB(1, MathF.ILogB(scale));
        return (Half)MathF.Max(least, power < scale ? 2 * power : power);
    }
}
