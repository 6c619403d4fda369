using System.Buffers.Binary;
using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>The bytes of one whole storage; valid while the file is open.</summary>
delegate ReadOnlySpan<byte> StorageBytes();

public static partial class PyTorchFile
{
    const long ProtocolVersion = 1001;

    // The magic number as torch.save pickles it: LONG1 of ten bytes, after the pickle protocol.
    static ReadOnlySpan<byte> LegacyMagic => [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether a file is a zip archive.</summary>
    internal static bool IsZip(MappedFile file) => file.Length >= 4 && file.Slice(0, 4).SequenceEqual("PK\x03\x04"u8);

    /// <summary>Whether a file begins with the magic number of PyTorch's legacy format.</summary>
    internal static bool IsLegacy(MappedFile file) =>
        file.Length >= 2 + LegacyMagic.Length && file.Slice(2, LegacyMagic.Length).SequenceEqual(LegacyMagic);

    /// <summary>Reads a zip archive of <c>data.pkl</c> and one entry per storage, under a top folder of any name.</summary>
    /// <exception cref="InvalidDataException">It is not one, is damaged, or holds something else than data.</exception>
    internal static TensorFile ReadZip(string path, MappedFile file)
    {
        var zip = new ZipDirectory(file);
        const string Pickle = "data.pkl";
        string? name = zip
            .Entries.Keys.Where(key => key == Pickle || key.EndsWith("/" + Pickle, StringComparison.Ordinal))
            .MinBy(key => key.Length);
        if (name is null)
            throw new InvalidDataException($"is a zip archive without {Pickle}; expected a PyTorch file");
        string top = name[..^Pickle.Length];
        if (
            zip.Entries.TryGetValue(top + "byteorder", out var byteOrder)
            && Encoding.ASCII.GetString(zip.Read(byteOrder)) is var order and not "little"
        )
            throw new InvalidDataException($"holds numbers in byte order '{Printable.Name(order)}'; expected little");

        var references = new HashSet<StorageReference>();
        var pickle = zip.Read(zip.Entries[name]);
        object? root = Unpickler.Read(pickle, out _, references);
        var storages = new Dictionary<string, StorageBytes>();
        foreach (var reference in references)
        {
            if (!zip.Entries.TryGetValue($"{top}data/{reference.Key}", out var entry))
                throw new InvalidDataException(
                    $"storage {Printable.Name(reference.Key)}: {Printable.Name($"{top}data/{reference.Key}")} is not in the archive"
                );
            if (storages.TryAdd(reference.Key, () => zip.Read(entry)))
                zip.Check(entry);
            CheckLength(reference, entry.Bytes);
        }

        var tensors = CheckpointTensors.Find(root, pickle.Length);
        // Each tensor unpacks its storage again
        zip.CheckUnpacked(tensors.Select(tensor => zip.Entries[$"{top}data/{tensor.Value.Storage.Key}"]));
        return Create(path, "PyTorch zip", root, tensors, [.. CheckpointTensors.Notes(root, pickle.Length)], storages, file);
    }

    /// <summary>Reads five pickles (magic number, protocol, system, the object, storage keys) and the storages after them.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="ReadZip"/>.</exception>
    internal static TensorFile ReadLegacy(string path, MappedFile file)
    {
        var references = new HashSet<StorageReference>();
        long offset = 0;
        object? Next()
        {
            object? value = Unpickler.Read(file.From(offset), out int length, references);
            offset += length;
            return value;
        }

        Next(); // the magic number, recognised already
        if (Next() is var protocol && !ProtocolVersion.Equals(protocol))
            throw new InvalidDataException(
                $"PyTorch legacy file of protocol {PickleGlobals.Describe(protocol)}; expected {ProtocolVersion}"
            );
        if (Next() is not PickleDictionary system || system.Find("little_endian") is not true)
            throw new InvalidDataException("PyTorch legacy file with numbers that are not little-endian");
        object? root = Next();
        if (Next() is not PickleList keys)
            throw new InvalidDataException("PyTorch legacy file without its list of storages");
        return Create(
            path,
            "PyTorch legacy",
            root,
            CheckpointTensors.Find(root, offset),
            [.. CheckpointTensors.Notes(root, offset)],
            LegacyStorages(file, keys, references, offset),
            file
        );
    }

    static Dictionary<string, StorageBytes> LegacyStorages(
        MappedFile file,
        PickleList keys,
        HashSet<StorageReference> references,
        long offset
    )
    {
        var byKey = references.ToLookup(reference => reference.Key);
        var storages = new Dictionary<string, StorageBytes>();
        foreach (object? item in keys.Items)
        {
            if (item is not string key || !byKey.Contains(key))
                throw new InvalidDataException($"storage {PickleGlobals.Describe(item)} belongs to no tensor");
            long count = BinaryPrimitives.ReadInt64LittleEndian(file.Slice(offset, sizeof(long)));
            offset += sizeof(long);
            int elementBytes = byKey[key].First().Type.SizeBytes();
            if (count < 0 || count > (file.Length - offset) / elementBytes)
                throw new InvalidDataException(
                    $"storage {Printable.Name(key)}: claims {count} elements, but the file ends before; it is truncated or corrupt"
                );
            long start = offset,
                bytes = count * elementBytes;
            if (bytes > int.MaxValue)
                throw new InvalidDataException($"storage {Printable.Name(key)}: {bytes} bytes are more than 2 GiB");
            if (!storages.TryAdd(key, () => file.Slice(start, bytes)))
                throw new InvalidDataException($"storage {Printable.Name(key)} occurs twice");
            foreach (var reference in byKey[key])
                CheckLength(reference, bytes);
            offset += bytes;
        }

        return storages;
    }

    static void CheckLength(StorageReference reference, long bytes)
    {
        if (((Int128)reference.First + reference.Count) * reference.Type.SizeBytes() > bytes)
            throw new InvalidDataException(
                $"storage {Printable.Name(reference.Key)}: expected {reference.Count} elements of {reference.Type}, "
                    + $"but it has {bytes} bytes"
            );
    }

    static TensorFile Create(
        string path,
        string format,
        object? root,
        IReadOnlyList<KeyValuePair<string, PickledTensor>> found,
        IReadOnlyList<string> notes,
        Dictionary<string, StorageBytes> storages,
        MappedFile file
    )
    {
        var tensors = new List<StoredTensor>();
        foreach (var (name, tensor) in found)
        {
            var shape = CheckedShape.Create(name, tensor.Lengths, tensor.Type);
            if (!storages.TryGetValue(tensor.Storage.Key, out var storage))
                throw new InvalidDataException($"{Printable.Name(name)}: storage {Printable.Name(tensor.Storage.Key)} is not in the file");
            tensors.Add(new(name, tensor.Type, shape, destination => StridedView.Copy(tensor, file, storage(), destination)));
        }

        return new(path, format, tensors, CheckpointTensors.Scalars(root), file) { Notes = notes };
    }
}
