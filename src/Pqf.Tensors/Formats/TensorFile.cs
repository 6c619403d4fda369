namespace Pqf.Tensors.Formats;

/// <summary>An open tensor file: its tensors by name, in file order, and its text metadata.</summary>
/// <remarks>Tensors are read from the mapped file when asked for; a file of 100 MB does not take 100 MB more. Values in 8 bits are one
/// tensor, decoded as it is read: <see cref="EightBits"/>.</remarks>
public sealed class TensorFile : IDisposable
{
    readonly IDisposable? resource;

    /// <summary>A file's contents.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="format">What kind of file it is, for a person: <c>safetensors</c>, <c>PyTorch zip</c>, <c>PyTorch legacy</c>.</param>
    /// <param name="tensors">In file order, names unique.</param>
    /// <param name="metadata">Text beside the tensors, such as safetensors' <c>__metadata__</c>.</param>
    /// <param name="resource">Released with the file, if given.</param>
    public TensorFile(
        string path,
        string format,
        IEnumerable<StoredTensor> tensors,
        IReadOnlyDictionary<string, string> metadata,
        IDisposable? resource = null
    )
    {
        Path = path;
        Format = format;
        Tensors = [.. EightBits.Decoded([.. tensors])];
        ByName = Tensors.ToDictionary(tensor => tensor.Name);
        Metadata = metadata;
        this.resource = resource;
    }

    /// <summary>The path that it was opened with.</summary>
    public string Path { get; }

    /// <summary>What kind of file it is, for a person.</summary>
    public string Format { get; }

    /// <summary>All tensors, in file order.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>All tensors, by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> ByName { get; }

    /// <summary>Text beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What the user should know of how the tensors were found, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the file says of the network beside its weights, if it is an ONNX model.</summary>
    internal OnnxModel? Onnx { get; init; }

    /// <inheritdoc/>
    public void Dispose() => resource?.Dispose();
}
