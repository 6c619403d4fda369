using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Folders that one run alone writes to, until this is disposed or the process ends in any way.</summary>
public sealed class FolderLocks : IDisposable
{
    const string LockName = ".pqf-lock";

    readonly Dictionary<string, FileStream> held = new(StringComparer.Ordinal);

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
    }
}
