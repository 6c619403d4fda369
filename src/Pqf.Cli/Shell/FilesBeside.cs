using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Files that a command writes beside its result, once the work is done. A file that cannot be written costs neither the result
/// nor the other files.</summary>
/// <param name="Paths">The files that were written.</param>
/// <param name="Outcome">Why others could not be written.</param>
sealed record FilesBeside(ImmutableArray<string> Paths, Result<Unit, PqfError> Outcome)
{
    /// <summary>No files.</summary>
    public static FilesBeside None { get; } = new([], default(Unit));

    /// <summary>The line that names the files; none where there are none.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string> paths) => paths is [] ? [] : [$"wrote    {string.Join(", ", paths)}"];

    /// <summary>Tries to write all files.</summary>
    public static FilesBeside Write(params IEnumerable<(string Path, Func<string, Result<Unit, PqfError>> Write)> files) =>
        files.Aggregate(None, (done, file) => done.And(Write(file.Path, file.Write)));

    /// <summary>These files and others.</summary>
    public FilesBeside And(FilesBeside others) => new(Paths.AddRange(others.Paths), Outcome.And(others.Outcome));

    static FilesBeside Write(string path, Func<string, Result<Unit, PqfError>> write)
    {
        var outcome = write(path);
        return new(outcome.Match<ImmutableArray<string>>(_ => [path], _ => []), outcome);
    }
}
