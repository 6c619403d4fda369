using System.Collections.Concurrent;
using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary>Photographs that a command line names. One that cannot be used is named on the error output when its turn comes; the others do
/// not suffer.</summary>
sealed class Photographs
{
    /// <summary>For the help of commands.</summary>
    public const string Description = "Photographs, or folders of them (with all folders inside)";

    readonly RunContext run;
    readonly int count;
    readonly ConcurrentDictionary<string, string> guesses = new(StringComparer.Ordinal);
    int failedCount;
    PqfError? first;

    Photographs(RunContext run, ImmutableArray<Photograph> found, int count)
    {
        (this.run, this.count) = (run, count);
        (Paths, Names) = ([.. found.Select(one => one.Path)], NamesOf(found));
        Reader = ImageDecoder.ReaderOf(run.Config.Preprocessing.Exif, new ImageNotes { Guessed = (path, guess) => guesses[path] = guess });
    }

    /// <summary>The files, in the order of the command line; those of a folder sorted by path.</summary>
    public ImmutableArray<string> Paths { get; }

    /// <summary>What results call each: its path within the folder that was given, or as it was given. Where two would have one name, the
    /// folders that were given stand before it.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Decodes them as people see them, unless the configuration ignores orientation tags.</summary>
    public ImageReader Reader { get; }

    /// <summary>Finds the files. A folder without images is named at once.</summary>
    /// <param name="run">What was asked for.</param>
    /// <param name="arguments">Files and folders.</param>
    public static Photographs Find(RunContext run, IReadOnlyList<string> arguments)
    {
        ImmutableArray<Result<ImmutableArray<Photograph>, PqfError>> found =
        [
            .. arguments.Select(path =>
                Directory.Exists(path)
                    ? ImageFolder
                        .FindImages(path, ImageDecoder.Reader, run.Progress)
                        .Map<ImmutableArray<Photograph>>(files => [.. files.Select(file => new Photograph(file, path))])
                    : new Result<ImmutableArray<Photograph>, PqfError>.Ok([new Photograph(path, null)])
            ),
        ];
        PqfError[] errors = [.. found.SelectMany(one => one.Match<PqfError[]>(_ => [], error => [error]))];
        ImmutableArray<Photograph> files = [.. found.SelectMany(one => one.Match(some => some, _ => []))];
        var photographs = new Photographs(run, files, files.Length + errors.Length);
        foreach (var error in errors)
            photographs.Fail(error);
        return photographs;
    }

    static ImmutableArray<string> NamesOf(ImmutableArray<Photograph> found)
    {
        ImmutableArray<string> within = [.. found.Select(one => one.Name)];
        return within.Distinct(StringComparer.Ordinal).Count() == within.Length ? within : [.. found.Select(one => one.Path)];
    }

    /// <summary>Prints what decoding a photograph had to guess, if anything.</summary>
    public void NoteGuess(string path)
    {
        if (guesses.TryRemove(path, out string? guess))
            run.Note($"{path}: {guess}");
    }

    /// <summary>Names a photograph that cannot be used; the only one of a command line is left to <see cref="Conclude"/>. Where the
    /// configuration leaves out photographs that cannot be decoded, such a one is a note.</summary>
    /// <returns>What is wrong, on one line.</returns>
    public string Fail(PqfError error)
    {
        failedCount++;
        // A path that was mistyped is no photograph to leave out.
        if (run.Config.Dataloader.SkipCorrupt && count > 1 && error is PqfError.File { Path: var path } && File.Exists(path))
            run.Note($"skipped {error.Message}");
        else
        {
            first ??= error;
            if (count > 1)
                run.Report(error);
        }

        return error.Lines.First();
    }

    /// <summary>Whether none could be used: there are no results to write then.</summary>
    public bool HaveAllFailed => failedCount == count;

    /// <summary>Success, if none failed, or only such as are left out while others remain.</summary>
    public Result<Unit, PqfError> Conclude() =>
        first is null && (failedCount == 0 || !HaveAllFailed) ? default(Unit)
        : count == 1 && first is not null ? first
        : new PqfError.Images(failedCount, count);

    /// <summary>A photograph.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Folder">The folder that was given; null where the file was.</param>
    readonly record struct Photograph(string Path, string? Folder)
    {
        public string Name =>
            Folder is null ? Path : System.IO.Path.GetRelativePath(Folder, Path).Replace(System.IO.Path.DirectorySeparatorChar, '/');
    }
}
