using System.Buffers.Binary;

namespace Pqf.Tensors.Formats;

/// <summary>The safetensors format: the header's length (64 bits, little-endian), a JSON header, the tensors' bytes.</summary>
/// <remarks>Source: the format section of the safetensors project's documentation.</remarks>
public static class Safetensors
{
    const int PrefixBytes = 8;

    // The limit that the format's own reader sets.
    const long MaxHeaderBytes = 100_000_000;

    /// <summary>Whether a file begins as a safetensors file does: a length, then an opening brace.</summary>
    internal static bool IsRecognised(MappedFile file) => file.Length > PrefixBytes && file.Slice(PrefixBytes, 1)[0] == '{';

    /// <summary>Reads the header; tensors are read from the mapped file when asked for.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format.</exception>
    internal static TensorFile Read(string path, MappedFile file)
    {
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, PrefixBytes));
        if (headerBytes > MaxHeaderBytes || (long)headerBytes > file.Length - PrefixBytes)
            throw new InvalidDataException($"safetensors header claims {headerBytes} bytes, but the file has {file.Length}; the file is truncated or corrupt");
        long data = PrefixBytes + (long)headerBytes;
        var header = SafetensorsHeader.Parse(file.Slice(PrefixBytes, (long)headerBytes), file.Length - data);
        var tensors = header.Entries.Select(entry => new StoredTensor(entry.Name, entry.Type, entry.Shape,
            destination => file.Slice(data + entry.Begin, entry.End - entry.Begin).CopyTo(destination)));
        return new(path, "safetensors", tensors, header.Metadata, file);
    }
}
