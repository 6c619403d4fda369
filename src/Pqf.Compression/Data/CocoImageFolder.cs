using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>Finds the folder that the images of a file of annotations are in.</summary>
static class CocoImageFolder
{
    // Enough to tell folders apart; a folder on a network takes a millisecond a look.
    const int SampleCount = 64;

    // FiftyOne has data, labelme JPEGImages, CVAT and Datumaro images.
    static readonly string[] Usual = ["images", "data", "JPEGImages"];

    /// <summary>The folder in which most of the listed names are; of several, the one that is named as the annotations' part.</summary>
    /// <param name="location">Whose images are sought.</param>
    /// <param name="images">What the file lists.</param>
    /// <returns>An error that names a folder that cannot be listed.</returns>
    public static Result<string, PqfError> Of(CocoLocation location, ImmutableArray<CocoImage> images)
    {
        try
        {
            return location.Images ?? Search(location, [.. images.Take(SampleCount).Select(image => CocoFileName.Of(image.FileName))]);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(location.AnnotationsFolder, exception);
        }
    }

    static string Search(CocoLocation location, ImmutableArray<CocoFileName> sample)
    {
        string place = location.AnnotationsFolder;
        string above = CocoLayout.IsOfAnnotations(Path.GetFullPath(place)) ? Above(place) : place;
        string subset = Path.GetFileNameWithoutExtension(location.Annotations);
        subset = subset.StartsWith("instances_", StringComparison.OrdinalIgnoreCase) ? subset["instances_".Length..] : subset;
        ImmutableArray<string> folders = [.. new[] { above, place }.Distinct().SelectMany(root => Folders(root, subset, location.Split))];
        return Best(folders, [.. sample.Where(name => !name.IsForeign).Select(name => name.Relative)])
            ?? Best(folders, [.. sample.Select(name => name.Base)])
            ?? (location.IsOwn ? Path.Combine(above, location.Split.Own) : folders[0]);
    }

    static string Above(string place) =>
        place == "." ? ".."
        : Path.GetDirectoryName(place) is { Length: > 0 } parent ? parent
        : ".";

    static IEnumerable<string> Folders(string root, string subset, CocoSplit split)
    {
        ImmutableArray<string> inside = [.. CocoLayout.Subfolders(root)];
        ImmutableArray<string> usual =
        [
            .. inside.Where(folder => Usual.Contains(Path.GetFileName(folder), StringComparer.OrdinalIgnoreCase)),
        ];
        ImmutableArray<string> parts = [.. inside, .. usual.SelectMany(CocoLayout.Subfolders)];
        return parts
            .Where(folder => Path.GetFileName(folder) == subset)
            .Concat(parts.Where(folder => CocoSplit.Of(Path.GetFileName(folder)) == split))
            .Concat(usual)
            .Append(root);
    }

    static string? Best(ImmutableArray<string> folders, ImmutableArray<string> names)
    {
        var best = folders
            .Select(folder => (Folder: folder, Count: names.Count(name => File.Exists(Path.Combine(folder, name)))))
            .MaxBy(pair => pair.Count);
        return best.Count > 0 ? best.Folder : null;
    }
}
