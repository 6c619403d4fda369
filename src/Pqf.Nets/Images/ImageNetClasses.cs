using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pqf.Nets.Images;

/// <summary>One class of ImageNet's 1000.</summary>
/// <param name="Index">0 … 999, as networks number it.</param>
/// <param name="Wnid">Its WordNet identifier, the name of its folder: <c>n01440764</c>.</param>
/// <param name="Name">In words: <c>tench</c>.</param>
public readonly record struct ImageNetClass(int Index, string Wnid, string Name);

/// <summary>The classes of ImageNet (ILSVRC 2012) that torchvision's networks know.</summary>
public sealed class ImageNetClasses
{
    readonly FrozenDictionary<string, ImageNetClass> byWnid,
        byName;

    ImageNetClasses(ImmutableArray<ImageNetClass> all)
    {
        All = all;
        Names = [.. all.Select(item => item.Name)];
        byWnid = all.ToFrozenDictionary(item => item.Wnid);
        byName = all.GroupBy(item => item.Name)
            .Where(same => same.Count() == 1)
            .ToFrozenDictionary(same => same.Key, same => same.Single());
    }

    /// <summary>The table that comes with the library.</summary>
    public static ImageNetClasses Table { get; } = Read();

    /// <summary>All 1000, by index.</summary>
    public ImmutableArray<ImageNetClass> All { get; }

    /// <summary>The names of all 1000, by index.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The class of a name, if one of the 1000 and no other has it.</summary>
    public ImageNetClass? FindName(string name) => byName.TryGetValue(name, out var found) ? found : null;

    /// <summary>The class of a wnid, if it is one of the 1000.</summary>
    public ImageNetClass? Find(string wnid) => byWnid.TryGetValue(wnid, out var found) ? found : null;

    static ImageNetClasses Read()
    {
        using var reader = new StreamReader(
            typeof(ImageNetClasses).Assembly.GetManifestResourceStream("Pqf.Nets.Images.imagenet_classes.tsv")!
        );
        return new([
            .. reader
                .ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(
                    (line, index) =>
                    {
                        string[] fields = line.Split('\t');
                        return new ImageNetClass(index, fields[0], fields[1]);
                    }
                ),
        ]);
    }
}
