using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>The folder that results go to.</summary>
public static class OutputFolder
{
    /// <summary>Makes the folder if need be, takes it for this run, tries it, so that a run of minutes does not end in a file that cannot
    /// be written, and deletes what runs that were ended by force left half written.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="locks">Holds it.</param>
    /// <param name="files">Names of files that the run will write, as far as they are known: none may be a folder's.</param>
    /// <returns>An error that names the folder if the file system refuses, or another run writes to it; or the file that cannot be
    /// written.</returns>
    public static Result<Unit, PqfError> Prepare(string folder, FolderLocks locks, params IEnumerable<string> files) =>
        from _ in Check(folder)
        from __ in IoProblem.Try(folder, () => locks.Make(folder), "cannot be made a folder")
        from taken in IoProblem.Try(folder, () => locks.Take(folder), "cannot be written to").Bind(result => result)
        from tried in IoProblem.Try(
            folder,
            () =>
            {
                AtomicFile.DeletePartials(folder);
                return default(Unit);
            },
            "cannot be written to"
        )
        from free in Result.All(files.Select(name => AtomicFile.CheckTarget(Path.Combine(folder, name))))
        select tried;

    /// <summary>Refuses a path where a folder cannot be, as a file is there or above it. Makes nothing.</summary>
    /// <param name="folder">The path.</param>
    public static Result<Unit, PqfError> Check(string folder)
    {
        for (string? path = Path.GetFullPath(folder); path is not null; path = Path.GetDirectoryName(path))
            if (File.Exists(path))
                return new PqfError.File(path == Path.GetFullPath(folder) ? folder : path, "is a file; expected a folder");
        return default(Unit);
    }
}
