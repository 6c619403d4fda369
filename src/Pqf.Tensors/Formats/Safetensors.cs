using System.Buffers.Binary;
using System.Text.Json;

namespace Pqf.Tensors.Formats;

/// <summary>The safetensors format: the header's length (64 bits, little-endian), a JSON header, the tensors' bytes.</summary>
/// <remarks>Source: the format section of the safetensors project's documentation.</remarks>
public static class Safetensors
{
    /// <summary>The name of the format, a value of <see cref="TensorFile.Format"/>.</summary>
    public const string FormatName = "safetensors";

    const int PrefixBytes = 8;

    // The limit that the format's own reader sets.
    const long MaxHeaderBytes = 100_000_000;

    /// <summary>Whether a file begins as a safetensors file does: a length, then an opening brace.</summary>
    internal static bool IsRecognised(MappedFile file) => file.Length > PrefixBytes && file.Slice(PrefixBytes, 1)[0] == '{';

    /// <summary>Whether a file that begins as one is long enough for the header that it claims.</summary>
    internal static bool HasHeader(MappedFile file)
    {
        ulong headerBytes = HeaderBytes(file);
        return headerBytes <= MaxHeaderBytes && (long)headerBytes <= file.Length - PrefixBytes;
    }

    static ulong HeaderBytes(MappedFile file) => BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, PrefixBytes));

    /// <summary>Reads the header; tensors are read from the mapped file when asked for.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format.</exception>
    internal static TensorFile Read(string path, MappedFile file)
    {
        ulong headerBytes = HeaderBytes(file);
        if (!HasHeader(file))
            throw new InvalidDataException(
                $"safetensors header claims {headerBytes} bytes, but the file has {file.Length}; the file is truncated or corrupt"
            );
        long data = PrefixBytes + (long)headerBytes;
        var header = SafetensorsHeader.Parse(file.Slice(PrefixBytes, (long)headerBytes), file.Length - data);
        var tensors = header.Entries.Select(entry => new StoredTensor(
            entry.Name,
            entry.Type,
            entry.Shape,
            destination => file.Copy(data + entry.Begin, destination)
        ));
        return new(path, FormatName, tensors, header.Metadata, file);
    }

    /// <summary>Writes a file, tensor by tensor. Wider types come first, otherwise in the given order, so that every tensor is aligned to
    /// its type.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="tensors">Names unique.</param>
    /// <param name="metadata">Text to store beside them; written in ordinal order of its keys.</param>
    /// <returns>An error if a name cannot be stored or the file system refuses.</returns>
    public static Result<Unit, PqfError> Write(
        string path,
        IEnumerable<StoredTensor> tensors,
        IReadOnlyDictionary<string, string> metadata
    ) => Contents(path, tensors, metadata).Bind(write => AtomicFile.Write(path, write));

    /// <summary>What <see cref="Write"/> writes.</summary>
    /// <inheritdoc cref="Write"/>
    /// <param name="path">Named in errors.</param>
    public static Result<Action<Stream>, PqfError> Contents(
        string path,
        IEnumerable<StoredTensor> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        StoredTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.SizeBytes())];
        return StoredTensors.FindUnstorableName(path, ordered) is { } error
            ? error
            : (Action<Stream>)(
                stream =>
                {
                    WriteHeader(stream, ordered, metadata);
                    foreach (var tensor in ordered)
                        StoredTensors.WithBytes(tensor, stream.Write);
                }
            );
    }

    static void WriteHeader(Stream stream, StoredTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long begin = 0;
            foreach (var tensor in tensors)
            {
                WriteEntry(json, tensor, begin);
                begin += tensor.SizeBytes;
            }

            json.WriteEndObject();
        }

        while (header.Length % PrefixBytes != 0)
            header.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[PrefixBytes];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        header.WriteTo(stream);
    }

    static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
            return;
        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    static void WriteEntry(Utf8JsonWriter json, StoredTensor tensor, long begin)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", SafetensorsHeader.NameOf(tensor.Type));
        json.WriteStartArray("shape");
        foreach (int length in tensor.Shape.AsSpan())
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(begin + tensor.SizeBytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
