using System.Collections.Immutable;
using System.Text;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>Finds the annotations of a part of a data set as COCO and the tools that write its format lay them out.</summary>
/// <remarks>
/// COCO: <c>annotations/instances_train2017.json</c>. CVAT and Datumaro: <c>annotations/instances_Train.json</c>, or
/// <c>train/annotations/instances_default.json</c>. Roboflow: <c>valid/_annotations.coco.json</c>. labelme: <c>train/annotations.json</c>.
/// SAHI: <c>train.json</c>. FiftyOne: <c>train/labels.json</c>. A file belongs to a part by a word of its name, or of its folder's.
/// </remarks>
static class CocoLayout
{
    const int PeekBytes = 1 << 16,
        MostListed = 5;

    // What else COCO and CVAT write into the folder of annotations.
    static readonly string[] OtherTasks = ["captions_", "person_keypoints_", "stuff_", "panoptic_", "image_info_", "labels_"];

    // Names under which tools write annotations: a damaged file of such a name is read, and its error reported.
    static readonly string[] KnownNames =
    [
        "_annotations.coco",
        "annotations",
        "labels",
        "instances",
        "coco",
        "result",
        "train",
        "val",
        "valid",
        "validation",
    ];

    /// <summary>Finds the file.</summary>
    /// <param name="folder">Of the data set.</param>
    /// <param name="split">Which part.</param>
    /// <returns>An error that lists what was looked for, or the candidates where there are several.</returns>
    public static Result<CocoLocation, PqfError> Find(string folder, CocoSplit split)
    {
        if (FolderWalk.Check(folder, "images and annotations") is Result<Unit, PqfError>.Error(var missing))
            return missing;
        string own = Path.Combine(folder, "annotations", $"instances_{split.Own}.json");
        if (File.Exists(own))
        {
            string images = Path.Combine(folder, split.Own);
            return new CocoLocation(split, own, Directory.Exists(images) ? images : null, folder) { IsOwn = true };
        }

        try
        {
            return Choose(folder, split, [.. Candidates(folder)]);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(folder, exception);
        }
    }

    static Result<CocoLocation, PqfError> Choose(string folder, CocoSplit split, ImmutableArray<Candidate> all)
    {
        // A file of no part is the whole data set, unless there are parts.
        var wanted = all.Any(item => item.Split is not null) ? all.Where(item => item.Split == split) : all;
        ImmutableArray<Candidate> known = [.. wanted.Where(item => item.IsKnown)],
            found = known.IsEmpty ? [.. wanted] : known;
        return found.Length switch
        {
            0 => new PqfError.File(folder, Missing(folder, split, all)),
            1 => new CocoLocation(split, found[0].Path, null, folder),
            _ => new PqfError.File(
                folder,
                $"has {found.Length} files that may be the annotations to {Purpose(split)}: {Listed(folder, found)}; "
                    + $"expected one, or its name in {split.AnnotationsKey}"
            ),
        };
    }

    static string Missing(string folder, CocoSplit split, ImmutableArray<Candidate> others)
    {
        string words = string.Join('|', split.Words.Take(3));
        return $"has no annotations to {Purpose(split)}; looked for annotations/instances_{split.Name}*.json (COCO, CVAT, Datumaro), "
            + $"{words}/_annotations.coco.json (Roboflow), {words}/*.json (labelme, FiftyOne) and {split.Name}*.json (SAHI)"
            + (others.IsEmpty ? "" : $", found {Listed(folder, others)}")
            + $"; {split.AnnotationsKey} and {split.ImagesKey} name file and images in any other place";
    }

    static string Purpose(CocoSplit split) => split == CocoSplit.Training ? "train on" : "measure on";

    static string Listed(string folder, ImmutableArray<Candidate> candidates) =>
        string.Join(", ", candidates.Take(MostListed).Select(item => Path.GetRelativePath(folder, item.Path)))
        + (candidates.Length > MostListed ? $" and {candidates.Length - MostListed} more" : "");

    static IEnumerable<Candidate> Candidates(string folder)
    {
        ImmutableArray<string> roots = [folder, .. Subfolders(folder).Where(IsOfAnnotations)];
        var whole = roots.SelectMany(root => Files(root, null));
        var parts = roots
            .SelectMany(Subfolders)
            .Select(part => (Path: part, Split: CocoSplit.Of(Path.GetFileName(part))))
            .Where(part => part.Split is not null)
            .SelectMany(part =>
                Subfolders(part.Path).Where(IsOfAnnotations).Prepend(part.Path).SelectMany(place => Files(place, part.Split))
            );
        return whole.Concat(parts);
    }

    static IEnumerable<Candidate> Files(string folder, CocoSplit? split) =>
        Directory
            .EnumerateFiles(folder)
            .Order(StringComparer.Ordinal)
            .Where(file =>
                Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase)
                && !OtherTasks.Any(task => Path.GetFileName(file).StartsWith(task, StringComparison.OrdinalIgnoreCase))
            )
            .Select(file => new Candidate(file, CocoSplit.Of(Path.GetFileName(file)) ?? split, IsKnownName(file)))
            .Where(item => item.IsKnown || LooksLikeCoco(item.Path));

    static bool IsKnownName(string file) =>
        Path.GetFileNameWithoutExtension(file) is var name
        && (
            KnownNames.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("instances_", StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Whether a file begins as COCO's do: settings and one picture's labels are JSON too.</summary>
    static bool LooksLikeCoco(string file)
    {
        using var stream = InputFile.Open(file, bufferSize: 0);
        byte[] bytes = new byte[Math.Min(PeekBytes, stream.Length)];
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        // UTF-16 has a zero in every letter of a key.
        string text = Encoding
            .Latin1.GetString([.. bytes.Take(count).Where(value => value != 0)])
            .TrimStart('\u00EF', '\u00BB', '\u00BF', '\u00FE', '\u00FF');
        return text.TrimStart().StartsWith('{')
            && new[] { "\"images\"", "\"annotations\"", "\"categories\"" }.Any(key => text.Contains(key, StringComparison.Ordinal));
    }

    /// <summary>Folders in a folder, in the order of their names.</summary>
    internal static IEnumerable<string> Subfolders(string folder) => Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal);

    /// <summary>Whether a folder is one of annotations by its name.</summary>
    internal static bool IsOfAnnotations(string folder) =>
        Path.GetFileName(folder).ToLowerInvariant() is "annotations" or "labels" or "annotation";

    /// <summary>A file that may be the one.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Split">Its part, by its name or its folder's; null for none.</param>
    /// <param name="IsKnown">Whether a tool writes annotations under such a name.</param>
    sealed record Candidate(string Path, CocoSplit? Split, bool IsKnown);
}
