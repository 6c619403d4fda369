namespace Pqf.Tensors.Formats;

/// <summary>A pickled dictionary, in order; a later entry of a key replaces the value of an earlier one.</summary>
/// <remarks>Keys are not hashed: a hostile file may use any value as a key.</remarks>
sealed class PickleDictionary
{
    /// <summary>Keys and values as they were set.</summary>
    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    /// <summary>The value last set for a string key, or null.</summary>
    public object? Find(string key) => Items.FindLast(item => item.Key is string text && text == key).Value;
}

/// <summary>A pickled list or set.</summary>
sealed class PickleList
{
    /// <summary>Items in order.</summary>
    public List<object?> Items { get; init; } = [];
}

/// <summary>A pickled tuple.</summary>
sealed record PickleTuple(object?[] Items);

/// <summary>A class or function that a pickle names.</summary>
sealed record PickleGlobal(string Module, string Name)
{
    /// <summary>The name as Python writes it: <c>collections.OrderedDict</c>.</summary>
    public string FullName => $"{Module}.{Name}";

    /// <summary>Whether it is one of those that build tensors and containers.</summary>
    public bool IsKnown { get; init; }
}

/// <summary>An object of a class that is not known, or bytes: nothing of it is read.</summary>
/// <param name="ClassName">The name as Python writes it: <c>argparse.Namespace</c>.</param>
sealed record PickleBlank(string ClassName);

/// <summary>A storage that a pickle refers to by its key: bytes kept elsewhere in the file.</summary>
/// <param name="Key">Names it within the file.</param>
/// <param name="Type">Element type; <see cref="DType.U8"/> for an untyped storage.</param>
/// <param name="Count">Elements in it.</param>
/// <param name="IsUntyped">The tensor, not the storage, gives the type.</param>
/// <param name="First">First element within the keyed storage, for the views of old files.</param>
sealed record StorageReference(string Key, DType Type, long Count, bool IsUntyped, long First = 0);

/// <summary>A tensor as a pickle describes it: a view of a storage, every element of which lies within it.</summary>
/// <param name="Storage">Where the bytes are.</param>
/// <param name="Type">Element type.</param>
/// <param name="Offset">First element.</param>
/// <param name="Lengths">Axis lengths.</param>
/// <param name="Strides">In elements, one per axis.</param>
sealed record PickledTensor(StorageReference Storage, DType Type, long Offset, long[] Lengths, long[] Strides);
