using System.Collections.Immutable;
using System.IO.Enumeration;
using Pqf.Nets.Coco;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>The files of the images that annotations list.</summary>
/// <param name="Images">With names that lead to files from the folder of images.</param>
/// <param name="Missing">What is said of files that are not there; null if all are.</param>
/// <param name="Notes">What was guessed, a line each.</param>
sealed record CocoImageFiles(ImmutableArray<CocoImage> Images, PqfError? Missing, ImmutableArray<string> Notes)
{
    /// <summary>Looks for the files: in the folder of images, then beside the annotations, then by the name without folders.</summary>
    /// <param name="location">Where annotations and data set are.</param>
    /// <param name="folder">The folder of images.</param>
    /// <param name="images">What the annotations list.</param>
    /// <returns>An error if a name leads out of the data set, or to one of several files.</returns>
    public static Result<CocoImageFiles, PqfError> Find(CocoLocation location, string folder, ImmutableArray<CocoImage> images)
    {
        try
        {
            return new Search(location, folder).Run(images);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(folder, exception);
        }
    }

    /// <summary>One search. The folder is listed only where a name does not lead to a file at once.</summary>
    sealed class Search(CocoLocation location, string folder)
    {
        // A nearer name is a slip of the pen; a farther one is another file.
        const int MostEdits = 4;

        readonly string images = Path.GetFullPath(folder);
        readonly ImmutableArray<string> roots =
        [
            .. new[] { folder, location.AnnotationsFolder, location.Folder ?? folder }.Select(Path.GetFullPath).Distinct(),
        ];
        readonly Lazy<ILookup<string, string>> files = new(() => List(folder));

        public Result<CocoImageFiles, PqfError> Run(ImmutableArray<CocoImage> listed)
        {
            var found = ImmutableArray.CreateBuilder<CocoImage>(listed.Length);
            var missing = new List<CocoImage>();
            var guessed = new Dictionary<string, CocoImage>(StringComparer.Ordinal);
            foreach (var image in listed)
            {
                var name = CocoFileName.Of(image.FileName);
                if (Direct(name) is { } file)
                    found.Add(image with { FileName = file });
                else if (LeadsOut(name))
                    return Wrong(image, $"leads out of {location.Folder ?? folder}; expected a name within it");
                else if (Named(name) is { } candidates and not [])
                {
                    if (candidates.Length > 1)
                        return Wrong(image, $"fits {candidates.Length} files: {candidates[0]} and {candidates[1]}; expected one");
                    if (!guessed.TryAdd(candidates[0], image))
                        return Wrong(
                            image,
                            $"leads to {candidates[0]}, as that of image {guessed[candidates[0]].Id} does; expected a file each"
                        );
                    found.Add(image with { FileName = candidates[0] });
                }
                else
                {
                    missing.Add(image);
                    found.Add(image with { FileName = name.IsForeign ? name.Base : name.Relative });
                }
            }

            return Doubled(found, guessed) is { } error
                ? error
                : new CocoImageFiles(found.ToImmutable(), missing is [] ? null : Missing(missing, listed.Length), [.. Notes(guessed)]);
        }

        /// <summary>The file that a name leads to, as a path from the folder of images; null if there is none.</summary>
        string? Direct(CocoFileName name)
        {
            // Names may hold what else is a separator or a drive, and paths of this machine lead to its files.
            if (name.Text != name.Relative && Inside(images, name.Text) is { } literal)
                return literal;
            if (!name.IsForeign)
                return roots.Select(root => Inside(root, name.Relative)).FirstOrDefault(file => file is not null);
            // Of another machine's path, as much as leads to a file here: /home/me/data/train/1.jpg is train/1.jpg.
            return name.LeadsUp
                ? null
                : Enumerable
                    .Range(0, Math.Max(0, name.Parts.Length - 1))
                    .Select(skip => Inside(images, string.Join('/', name.Parts.Skip(skip))))
                    .FirstOrDefault(file => file is not null);
        }

        string? Inside(string root, string relative)
        {
            string full = Path.GetFullPath(Path.Combine(root, relative));
            if (!roots.Any(inner => IsWithin(full, inner)) || !File.Exists(full))
                return null;
            return IsWithin(full, images) ? Path.GetRelativePath(images, full) : full;
        }

        static bool IsWithin(string full, string root) =>
            full.StartsWith(
                root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar,
                StringComparison.Ordinal
            );

        bool LeadsOut(CocoFileName name) =>
            name.LeadsUp && (name.IsForeign || !roots.Any(root => IsWithin(Path.GetFullPath(Path.Combine(images, name.Relative)), root)));

        /// <summary>Files of a name without its folders, from the folder of images: in the name's case if there are any, else in any
        /// case and in any form of Unicode.</summary>
        string[] Named(CocoFileName name)
        {
            string[] all = [.. files.Value[Key(name.Base)]];
            string[] same = [.. all.Where(file => Path.GetFileName(file) == name.Base)];
            string[] asPath = [.. all.Where(file => Key(file.Replace('\\', '/')) == Key(name.Relative))];
            return asPath.Length == 1 ? asPath
                : same.Length > 0 ? same
                : all;
        }

        PqfError.File? Doubled(IEnumerable<CocoImage> found, Dictionary<string, CocoImage> guessed) =>
            guessed.Count == 0
                ? null
                : found
                    .Where(image => guessed.TryGetValue(image.FileName, out var other) && other.Id != image.Id)
                    .Select(image =>
                        Wrong(guessed[image.FileName], $"leads to {image.FileName}, as that of image {image.Id} does; expected a file each")
                    )
                    .FirstOrDefault();

        PqfError.File Wrong(CocoImage image, string problem) =>
            new(location.Annotations, $"image {image.Id}: file_name {image.FileName} {problem}");

        PqfError.File Missing(List<CocoImage> missing, int count)
        {
            var name = CocoFileName.Of(missing[0].FileName);
            string[] here = [.. files.Value.Select(group => Path.GetFileName(group.First()))];
            string stem = Path.GetFileNameWithoutExtension(name.Base);
            string? nearest =
                here.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file).Equals(stem, StringComparison.OrdinalIgnoreCase))
                ?? NearestName.Of(name.Base, here);
            return new(
                Path.Combine(folder, name.IsForeign ? name.Base : name.Relative),
                $"not found; {missing.Count} of the {count} images that {location.Annotations} names are missing"
                    + (
                        nearest is not null && NearestName.Distance(name.Base, nearest) <= MostEdits
                            ? $", the nearest name here is {nearest}"
                            : ""
                    )
            );
        }

        IEnumerable<string> Notes(Dictionary<string, CocoImage> guessed)
        {
            if (guessed.Count > 0)
                yield return $"{location.Annotations}: found {Plural.Of(guessed.Count, "image")} by name without folders, in other case or "
                    + $"in another form of Unicode, the "
                    + $"first {guessed.First().Value.FileName} as {Path.Combine(folder, guessed.First().Key)}";
        }

        /// <summary>Paths from a folder by names as <see cref="Key"/> gives them. Links to folders are not followed: they may lead in
        /// circles.</summary>
        static ILookup<string, string> List(string folder) =>
            (
                Directory.Exists(folder)
                    ? new FileSystemEnumerable<string>(
                        folder,
                        (ref entry) => Path.GetRelativePath(folder, entry.ToFullPath()),
                        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }
                    )
                    {
                        ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
                        ShouldRecursePredicate = (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
                    }
                    : Enumerable.Empty<string>()
            )
                .Order(StringComparer.Ordinal)
                .ToLookup(file => Key(Path.GetFileName(file)));

        /// <summary>A name in lower case and in one form of Unicode.</summary>
        static string Key(string name) => Decomposed.Of(name.ToLowerInvariant());
    }
}
