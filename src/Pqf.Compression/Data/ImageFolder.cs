using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>An image file and its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Class">The class's number, as the network's outputs are numbered.</param>
public readonly record struct LabelledImage(string Path, int Class);

/// <summary>A folder of images, one folder per class.</summary>
/// <param name="Images">Sorted by class folder, then by path, ordinally.</param>
/// <param name="Classes">Number and name of each class folder: ImageNet's where all folders are wnids, else the folders' own in sorted
/// order.</param>
/// <param name="Folders">Images of each class folder, by its path.</param>
/// <param name="IsImageNet">All folders are ImageNet wnids.</param>
public sealed record ImageFolder(
    ImmutableArray<LabelledImage> Images,
    ImmutableSortedDictionary<int, string> Classes,
    ImmutableSortedDictionary<string, int> Folders,
    bool IsImageNet
)
{
    static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>Lists a folder of class folders. ImageNet's wnids keep ImageNet's numbers even when only some of the classes are
    /// there.</summary>
    /// <returns>An error that names the folder if it is missing, has no class folders, or they hold no images.</returns>
    public static Result<ImageFolder, PqfError> Open(string path) =>
        Guard<ImageFolder>(
            path,
            () =>
            {
                string[] folders = [.. Directory.EnumerateDirectories(path).Where(IsVisible).Order(StringComparer.Ordinal)];
                if (folders.Length == 0)
                    return new PqfError.File(path, "has no class folders; expected one folder of images per class");
                ImageNetClass?[] known = [.. folders.Select(folder => ImageNetClasses.Table.Find(System.IO.Path.GetFileName(folder)))];
                bool isImageNet = known.All(item => item is not null);
                var images = ImmutableArray.CreateBuilder<LabelledImage>();
                var classes = ImmutableSortedDictionary.CreateBuilder<int, string>();
                var counts = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
                for (int i = 0; i < folders.Length; i++)
                {
                    int number = isImageNet ? known[i]!.Value.Index : i;
                    classes.Add(number, isImageNet ? known[i]!.Value.Name : System.IO.Path.GetFileName(folders[i]));
                    int before = images.Count;
                    images.AddRange(Find(folders[i]).Select(file => new LabelledImage(file, number)));
                    counts.Add(folders[i], images.Count - before);
                }

                return images.Count > 0
                    ? new ImageFolder(images.ToImmutable(), classes.ToImmutable(), counts.ToImmutable(), isImageNet)
                    : NoImages(path);
            }
        );

    /// <summary>All images under a folder, whatever their folders are called; sorted by path.</summary>
    /// <returns>An error that names the folder if it is missing or holds no images.</returns>
    public static Result<ImmutableArray<string>, PqfError> FindImages(string path) =>
        Guard<ImmutableArray<string>>(
            path,
            () =>
            {
                ImmutableArray<string> images = [.. Find(path)];
                return images.Length > 0 ? images : NoImages(path);
            }
        );

    /// <summary>The images, with their classes numbered as a network numbers them.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="classCount">The network's: one of some of ImageNet's classes numbers just those, in the same order.</param>
    public Result<ImmutableArray<LabelledImage>, PqfError> NumberedFor(string path, int classCount)
    {
        var numbers =
            IsImageNet && classCount == Classes.Count
                ? Classes.Keys.Select((number, rank) => (number, rank)).ToDictionary(pair => pair.number, pair => pair.rank)
                : Classes.Keys.ToDictionary(number => number);
        return numbers.Values.Max() < classCount
            ? Images.Select(image => image with { Class = numbers[image.Class] }).ToImmutableArray()
            : new PqfError.File(
                path,
                $"holds {Classes.Count} classes, numbered to {numbers.Values.Max()}; expected those of a network of {classCount}"
            );
    }

    static Result<T, PqfError> Guard<T>(string path, Func<Result<T, PqfError>> list)
    {
        if (File.Exists(path))
            return new PqfError.File(path, "is a file; expected a folder of images");
        if (!Directory.Exists(path))
            return new PqfError.File(path, "folder not found");
        try
        {
            return list();
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return new PqfError.File(path, "cannot be listed: permission denied");
        }
    }

    static PqfError.File NoImages(string path) => new(path, $"holds no images ({string.Join(", ", Extensions)})");

    static IEnumerable<string> Find(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => IsVisible(file) && Extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal);

    static bool IsVisible(string path) => !System.IO.Path.GetFileName(path).StartsWith('.');
}
