using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Folders that one run alone writes to, until this is disposed or the process ends in any way. A run that ends before it writes
/// anything leaves no folder behind.</summary>
public sealed class FolderLocks : IDisposable
{
    const string LockName = ".pqf-lock";

    readonly Dictionary<string, FileStream> held = new(StringComparer.Ordinal);

    // In the order in which they were made: a folder before those in it.
    readonly List<string> made = [];

    /// <summary>Makes a folder and those above it. Those that were not there, and in which nothing is in the end, are deleted.</summary>
    /// <param name="folder">May be there.</param>
    /// <exception cref="IOException">The file system refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The file system refuses.</exception>
    public DirectoryInfo Make(string folder)
    {
        var missing = new Stack<string>();
        for (string? path = Path.GetFullPath(folder); path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
            missing.Push(path);
        var result = Directory.CreateDirectory(folder);
        made.AddRange(missing);
        return result;
    }

    /// <summary>Takes a folder; one that is taken already stays so.</summary>
    /// <param name="folder">Which is there.</param>
    /// <returns>An error that names the folder if another run has it.</returns>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public Result<Unit, PqfError> Take(string folder)
    {
        string path = Path.Combine(Path.GetFullPath(folder), LockName);
        if (held.ContainsKey(path))
            return default(Unit);
        bool wasThere = File.Exists(path);
        try
        {
            held[path] = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            return default(Unit);
        }
        catch (IOException) when (wasThere)
        {
            return new PqfError.File(folder, $"another run writes to it ({LockName} is in use); expected a folder for this run alone");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stream in held.Values)
            stream.Dispose();
        held.Clear();
        foreach (string path in Enumerable.Reverse(made))
            if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
                Directory.Delete(path);
        made.Clear();
    }
}
