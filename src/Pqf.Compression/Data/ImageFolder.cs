using System.Collections.Immutable;
using Pqf.Compression.Jobs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>An image file and its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Class">The class's number.</param>
public readonly record struct LabelledImage(string Path, int Class);

/// <summary>A folder of images, one folder per class.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Classes">Names of the class folders that hold images, in ordinal order.</param>
/// <param name="Images">Sorted by class folder, then by path, ordinally; classes are ranks in <paramref name="Classes"/>.</param>
/// <param name="Notes">What was left out, a line each; most folders have none.</param>
public sealed record ImageFolder(
    string Path,
    ImmutableArray<string> Classes,
    ImmutableArray<LabelledImage> Images,
    ImmutableArray<string> Notes
)
{
    // Where people put the images to measure on, and those to train on: torchvision, Keras and Roboflow.
    static readonly ImmutableArray<string> ValidationNames = ["val", "valid", "validation"],
        TrainingNames = ["train", "training"];

    const string Test = "test";

    /// <summary>Lists a folder of class folders. Folders without images are left out and named, files of other kinds are counted.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Which files are images.</param>
    /// <returns>An error that names the folder if it is missing, has no class folders, or they hold no images.</returns>
    public static Result<ImageFolder, PqfError> Open(string path, ImageReader reader) =>
        Guard<ImageFolder>(
            path,
            () =>
            {
                FoundFolder[] folders =
                [
                    .. Directory
                        .EnumerateDirectories(path)
                        .Where(FolderWalk.IsVisible)
                        .Order(StringComparer.Ordinal)
                        .Select(folder => FoundFolder.Of(folder, reader)),
                ];
                if (folders.Length == 0)
                    return new PqfError.File(path, "has no class folders; expected one folder of images per class");
                if (folders.FirstOrDefault(IsPart) is { } part)
                    return new PqfError.File(
                        path,
                        $"has a folder {part.Name} of class folders, which is no class; expected {part.Path} as the folder of class folders"
                    );
                FoundFolder[] classes = [.. folders.Where(folder => folder.Images.Length > 0)];
                return classes.Length > 0
                    ? new ImageFolder(
                        path,
                        [.. classes.Select(folder => folder.Name)],
                        [.. classes.SelectMany((folder, rank) => folder.Images.Select(image => new LabelledImage(image, rank)))],
                        [.. NotesOf(path, folders, reader)]
                    )
                    : NoImages(path, reader, [.. folders.SelectMany(folder => folder.OtherExtensions)]);
            }
        );

    /// <summary>Lists the class folders to measure on: those of <c>DIR/val</c> if it is there, else of <c>DIR</c>.</summary>
    /// <param name="path">DIR.</param>
    /// <param name="reader">Which files are images.</param>
    /// <returns>An error as for <see cref="Open"/>; or where there is only a folder to train on.</returns>
    public static Result<ImageFolder, PqfError> OpenValidation(string path, ImageReader reader) =>
        Find(path, ValidationNames, reader) is { } validation
            ? Open(validation, reader)
                .Map(found =>
                    System.IO.Path.GetFileName(validation) == ValidationNames[0]
                        ? found
                        : found with
                        {
                            Notes = found.Notes.Insert(0, $"{path}: has no folder val: the images are those of {validation}"),
                        }
                )
        : Find(path, TrainingNames, reader) is { } training
            ? new PqfError.File(
                path,
                $"has a folder {System.IO.Path.GetFileName(training)} and no folder val; expected DIR/val/CLASS or DIR/CLASS"
            )
        : Open(path, reader);

    /// <summary>The folder of images to train on, and that of images to validate on; null where there is none.</summary>
    /// <param name="path">The folder that holds them.</param>
    /// <param name="reader">Which files are images.</param>
    public static (string? Training, string? Validation) Parts(string path, ImageReader reader) =>
        (Find(path, TrainingNames, reader), Find(path, ValidationNames, reader));

    /// <summary>All images under a folder, whatever their folders are called; sorted by path.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Which files are images.</param>
    /// <param name="progress">Receives a line for each other kind of file, which is left out.</param>
    /// <returns>An error that names the folder if it is missing or holds no images.</returns>
    public static Result<ImmutableArray<string>, PqfError> FindImages(
        string path,
        ImageReader reader,
        IProgress<JobProgress>? progress = null
    ) =>
        Guard<ImmutableArray<string>>(
            path,
            () =>
            {
                var found = FoundFolder.Of(path, reader);
                if (found.Images.IsEmpty)
                    return NoImages(path, reader, found.OtherExtensions);
                foreach (string line in LeftOut(path, found.OtherExtensions))
                    progress.Note(line);
                return found.Images;
            }
        );

    /// <summary>Which class of a network each class folder is.</summary>
    /// <param name="network">The network's classes.</param>
    /// <returns>A full match; else an error that lists the folders that are no class of the network, and where such folders are if they
    /// lie deeper.</returns>
    public Result<ClassMatch, PqfError> Match(NetworkClasses network) =>
        ClassMatch.Full(
            Path,
            Classes,
            network,
            () => Deeper(network) is { } deeper ? $"; {deeper} holds folders of its classes: expected that as the folder of images" : ""
        );

    /// <summary>The images, with classes numbered as a network numbers them.</summary>
    /// <param name="match">A full match of the class folders.</param>
    /// <param name="network">The network's classes.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="progress">Receives notes: what is left out, and what is guessed.</param>
    internal ImageSet Numbered(ClassMatch match, NetworkClasses network, ImageReader reader, IProgress<JobProgress>? progress)
    {
        foreach (string note in Notes)
            progress.Note(note);
        if (match.Note(Path, Classes, network) is { } guess)
            progress.Note(guess);
        return new ImageSet.Renumbered(new ImageSet.Files(Images, reader) { Folder = Path }, match.Numbers);
    }

    /// <summary>The folder below whose folders are the network's classes, where this one's are not.</summary>
    string? Deeper(NetworkClasses network)
    {
        const int MostFolders = 1000;
        return FolderWalk
            .Folders(Path)
            .Take(MostFolders)
            .Where(folder => folder != Path)
            .FirstOrDefault(folder =>
                Directory.EnumerateDirectories(folder).Select(System.IO.Path.GetFileName).Any(name => network.Find(name!).Length > 0)
            );
    }

    static string? Find(string path, ImmutableArray<string> names, ImageReader reader) =>
        names
            .Select(name => System.IO.Path.Combine(path, name))
            .FirstOrDefault(folder => Directory.Exists(folder) && !IsClass(path, folder, reader));

    /// <summary>Whether a folder of such a name is a class: it holds images and no folders, beside other folders of images.</summary>
    static bool IsClass(string path, string folder, ImageReader reader)
    {
        return HasImages(folder)
            && !Directory.EnumerateDirectories(folder).Any(FolderWalk.IsVisible)
            && Directory
                .EnumerateDirectories(path)
                .Where(FolderWalk.IsVisible)
                .Where(other =>
                    System.IO.Path.GetFileName(other) is var name && !ValidationNames.Contains(name) && !TrainingNames.Contains(name)
                )
                .Any(HasImages);

        bool HasImages(string found) => Directory.EnumerateFiles(found).Any(file => FolderWalk.IsVisible(file) && reader.IsImage(file));
    }

    /// <summary>Whether a folder is a part of a data set by its name, and holds its images in folders.</summary>
    static bool IsPart(FoundFolder folder) =>
        (folder.Name == Test || TrainingNames.Contains(folder.Name) || ValidationNames.Contains(folder.Name))
        && !folder.Images.IsEmpty
        && folder.Images.All(image => System.IO.Path.GetDirectoryName(image) != folder.Path);

    static IEnumerable<string> NotesOf(string path, FoundFolder[] folders, ImageReader reader)
    {
        string[] empty =
        [
            .. folders.Where(folder => folder.Images.IsEmpty && folder.OtherExtensions.IsEmpty).Select(folder => folder.Name),
        ];
        if (empty.Length > 0)
            yield return $"{path}: left out {Plural.Of(empty.Length, "folder")} without images: {ClassMatch.Cut(empty)}";
        foreach (var folder in folders.Where(folder => folder.Images.IsEmpty && !folder.OtherExtensions.IsEmpty))
            yield return $"{path}: left out folder {folder.Name}: no image in it is of a kind that is decoded, it holds "
                + Counted(folder.OtherExtensions);
        var others = folders
            .Where(folder => folder.Images.Length > 0)
            .SelectMany(folder => folder.OtherExtensions)
            .Concat(Directory.EnumerateFiles(path).Where(FolderWalk.IsVisible).Where(file => reader.IsImage(file)).Select(_ => ""));
        foreach (string line in LeftOut(path, others))
            yield return line;
    }

    /// <summary>Counts files that are left out, a line for each kind.</summary>
    /// <param name="path">Their folder.</param>
    /// <param name="extensions">One for each file; empty for an image that has no class.</param>
    static IEnumerable<string> LeftOut(string path, IEnumerable<string> extensions) =>
        extensions
            .GroupBy(extension => extension)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group =>
                group.Key.Length == 0
                    ? $"{path}: left out {Plural.Of(group.Count(), "image")} beside the class folders"
                    : $"{path}: left out {Plural.Of(group.Count(), "file")} ({group.Key})"
            );

    /// <summary><c>4 files (.heic) and 1 file (.txt)</c>.</summary>
    static string Counted(IEnumerable<string> extensions) =>
        string.Join(
            " and ",
            extensions
                .GroupBy(extension => extension)
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => $"{Plural.Of(group.Count(), "file")} ({group.Key})")
        );

    static Result<T, PqfError> Guard<T>(string path, Func<Result<T, PqfError>> list)
    {
        if (FolderWalk.Check(path, "images") is Result<Unit, PqfError>.Error(var missing))
            return missing;
        try
        {
            return list();
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return new PqfError.File(path, $"cannot be listed: {IoProblem.Describe(exception)}");
        }
    }

    static PqfError.File NoImages(string path, ImageReader reader, IReadOnlyCollection<string> others) =>
        new(path, $"holds no images ({string.Join(", ", reader.Extensions)}){(others.Count == 0 ? "" : $", but {Counted(others)}")}");

    /// <summary>A folder and what is in it, at any depth.</summary>
    /// <param name="Path">The folder.</param>
    /// <param name="Images">Sorted ordinally.</param>
    /// <param name="OtherExtensions">Of each visible file that is no image; "no extension" for those without.</param>
    sealed record FoundFolder(string Path, ImmutableArray<string> Images, ImmutableArray<string> OtherExtensions)
    {
        public string Name => System.IO.Path.GetFileName(Path);

        public static FoundFolder Of(string path, ImageReader reader)
        {
            var files = FolderWalk.Folders(path).SelectMany(Directory.EnumerateFiles).Where(FolderWalk.IsVisible).ToLookup(reader.IsImage);
            return new(
                path,
                [.. files[true].Order(StringComparer.Ordinal)],
                [
                    .. files[false]
                        .Select(file =>
                            System.IO.Path.GetExtension(file) is { Length: > 0 } some ? some.ToLowerInvariant() : "no extension"
                        ),
                ]
            );
        }
    }
}
