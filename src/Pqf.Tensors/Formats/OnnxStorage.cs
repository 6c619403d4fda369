namespace Pqf.Tensors.Formats;

/// <summary>The files in which a model's weights are: the model itself, and those beside it that its tensors name.</summary>
/// <param name="model">The model.</param>
/// <param name="modelPath">Where it was opened.</param>
sealed class OnnxStorage(MappedFile model, string modelPath) : IDisposable
{
    /// <summary>As many as Linux follows.</summary>
    const int MaxLinks = 40;

    readonly string folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
    readonly Dictionary<string, MappedFile> files = [];

    /// <summary>The model.</summary>
    public MappedFile Model => model;

    /// <summary>Names of the files beside the model, as tensors give them.</summary>
    public IEnumerable<string> Locations => files.Keys.Order(StringComparer.Ordinal);

    /// <summary>Bytes of all files.</summary>
    public long SizeBytes => model.Length + files.Values.Sum(file => file.Length);

    /// <summary>A message within the model.</summary>
    public WireFields Message(int start, int length) => new(model.Slice(start, length), start);

    /// <summary>The values of a tensor in a file beside the model. The file is mapped once, whatever the number of its tensors.</summary>
    /// <param name="external">Where they are.</param>
    /// <param name="name">The tensor, for messages.</param>
    /// <param name="what">Its type and shape, for messages.</param>
    /// <param name="sizeBytes">Bytes that it needs.</param>
    /// <exception cref="InvalidDataException">The file is missing, too short, or not within the model's folder.</exception>
    public FileRange Values(OnnxExternalData external, string name, string what, long sizeBytes)
    {
        if (external.Location is not { Length: > 0 } location)
            throw new InvalidDataException($"{name}: its values are in another file, whose name (external_data's location) is missing");
        var (start, length) = external.Range(name, what, sizeBytes);
        var file = Open(name, location);
        return start <= file.Length - length
            ? new(file, start, length)
            : throw new InvalidDataException(
                $"{name}: {what} needs {length} bytes from byte {start} of {location} on, but the file has {file.Length}"
            );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files.Values)
            file.Dispose();
        model.Dispose();
    }

    MappedFile Open(string name, string location)
    {
        if (files.TryGetValue(location, out var opened))
            return opened;
        string path =
            Locate(location)
            ?? throw new InvalidDataException($"{name}: its values are in {location}; expected a file within the model's folder");
        try
        {
            return files[location] = new(path);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            string problem = exception is FileNotFoundException or DirectoryNotFoundException
                ? "which is not in the model's folder"
                : $"which cannot be read: {IoProblem.Describe(exception)}";
            throw new InvalidDataException($"{name}: its values are in {location}, {problem}", exception);
        }
    }

    /// <summary>The path of a location, every link on the way followed; null if it is not within the model's folder. A model must not make
    /// us read files that its user did not put beside it.</summary>
    string? Locate(string location)
    {
        if (location.Contains('\0') || Path.IsPathRooted(Portable(location)))
            return null;
        var segments = new Stack<string>(Segments(location));
        string path = folder;
        for (int links = 0; segments.TryPop(out string? segment); )
        {
            if (segment == "..")
                return null;
            string next = Path.Combine(path, segment);
            if (new FileInfo(next).LinkTarget is not { } link)
            {
                path = next;
                continue;
            }

            // Once more from the folder: the target may go through other links.
            string target = Path.GetRelativePath(folder, Path.Combine(path, link));
            if (++links > MaxLinks || Path.IsPathRooted(target))
                return null;
            foreach (string part in Segments(target))
                segments.Push(part);
            path = folder;
        }

        return path;
    }

    /// <summary>The parts of a path, last first.</summary>
    static IEnumerable<string> Segments(string path) =>
        Portable(path).Split('/').Where(segment => segment.Length > 0 && segment != ".").Reverse();

    /// <summary>Models written on Windows may have its separators.</summary>
    static string Portable(string path) => path.Replace('\\', '/');
}
