using System.Buffers;

namespace Pqf.Tensors.Formats;

/// <summary>What the writers of tensor files share.</summary>
static class StoredTensors
{
    /// <summary>The first name that occurs twice or is the key that safetensors keeps for metadata, as an error.</summary>
    public static PqfError? FindUnstorableName(string path, IEnumerable<StoredTensor> tensors)
    {
        var names = new HashSet<string>();
        foreach (var tensor in tensors)
        {
            if (tensor.Name == SafetensorsHeader.MetadataKey)
                return new PqfError.Tensor(path, tensor.Name, "this name is kept for metadata");
            if (!names.Add(tensor.Name))
                return new PqfError.Tensor(path, tensor.Name, "occurs twice");
        }

        return null;
    }

    /// <summary>Hands a tensor's bytes to a function, in a rented buffer.</summary>
    public static void WithBytes(StoredTensor tensor, Action<ReadOnlySpan<byte>> use)
    {
        int size = checked((int)tensor.SizeBytes);
        byte[] rented = ArrayPool<byte>.Shared.Rent(size);
        tensor.ReadBytes(rented.AsSpan(0, size));
        use(rented.AsSpan(0, size));
        ArrayPool<byte>.Shared.Return(rented);
    }
}
