using System.Globalization;

namespace Pqf.Tensors.Formats;

/// <summary>Where a tensor's values are, outside the model: the entries of <c>external_data</c>, as the file has them.</summary>
/// <param name="Location">A path from the model's folder.</param>
/// <param name="Offset">First byte, in digits; null for the file's first.</param>
/// <param name="Length">Bytes, in digits; null for as many as the tensor needs.</param>
/// <remarks>Source: "External Data" in the ONNX project's documentation.</remarks>
readonly record struct OnnxExternalData(string? Location, string? Offset, string? Length)
{
    /// <summary>The same with an entry more; those of other keys, such as <c>checksum</c>, do not matter.</summary>
    public OnnxExternalData With(WireFields entry)
    {
        var (key, value) = OnnxFile.Entry(entry);
        return key switch
        {
            "location" => this with { Location = value },
            "offset" => this with { Offset = value },
            "length" => this with { Length = value },
            _ => this,
        };
    }

    /// <summary>First byte and bytes of a tensor.</summary>
    /// <param name="name">The tensor, for messages.</param>
    /// <param name="what">Its type and shape, for messages.</param>
    /// <param name="sizeBytes">Bytes that it needs.</param>
    /// <exception cref="InvalidDataException">They are not numbers, or there are not as many bytes.</exception>
    public (long Start, int Length) Range(string name, string what, long sizeBytes)
    {
        long start = Number(name, "offset", Offset) ?? 0,
            length = Number(name, "length", Length) ?? sizeBytes;
        return length == sizeBytes
            ? (start, (int)length)
            : throw new InvalidDataException($"{name}: {what} needs {sizeBytes} bytes, but its length in {Location} is {length}");
    }

    long? Number(string name, string key, string? digits) =>
        digits is null ? null
        : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
        : throw new InvalidDataException($"{name}: expected a whole number for its {key} in {Location}, got {digits}");
}

/// <summary>Bytes of a mapped file, known to be there.</summary>
sealed record FileRange(MappedFile File, long Start, int Length)
{
    /// <summary>Copies them.</summary>
    public void CopyTo(Span<byte> destination) => File.Copy(Start, destination[..Length]);
}
