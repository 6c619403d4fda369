using System.Collections.Frozen;
using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>The classes of a network, to be found by what people call them.</summary>
/// <remarks>A class answers to its name, to the same name with other case, spaces, hyphens and underscores, and to its first synonym before
/// a comma. Classes of ImageNet also answer to their wnid, alone or before a hyphen or an underscore.</remarks>
public sealed class NetworkClasses
{
    readonly FrozenDictionary<string, ImmutableArray<int>> exact,
        loose;

    NetworkClasses(int count, ImmutableArray<string> names, bool isImageNet)
    {
        (Count, Names, IsImageNet) = (count, names, isImageNet);
        exact = Index(Decomposed.Of);
        loose = Index(Loose);
    }

    /// <summary>Classes.</summary>
    public int Count { get; }

    /// <summary>Names of the classes, by number; empty where none are known.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The names are ImageNet's.</summary>
    public bool IsImageNet { get; }

    /// <summary>The classes of a network. A network of 1000 without names of its own has ImageNet's.</summary>
    public static NetworkClasses Of(PqfModel model) => Of(model.ClassNames, model.Architecture.ClassCount);

    /// <summary>The classes of a network.</summary>
    /// <param name="names">Theirs; null if they are unknown.</param>
    /// <param name="count">How many there are.</param>
    public static NetworkClasses Of(ClassNames? names, int count) =>
        names switch
        {
            ClassNames.Listed listed => Named(listed.Names),
            ClassNames.WellKnown { Set: ClassNames.ImageNet } when count == ImageNetClasses.Table.Names.Length => new(
                count,
                ImageNetClasses.Table.Names,
                true
            ),
            _ => Unnamed(count),
        };

    /// <summary>Classes with names.</summary>
    public static NetworkClasses Named(ImmutableArray<string> names) => new(names.Length, names, false);

    /// <summary>Classes of which only the number is known.</summary>
    public static NetworkClasses Unnamed(int count) => new(count, [], false);

    /// <summary>Whether names are all of ImageNet's wnids or words, in ImageNet's order.</summary>
    public static bool IsImageNets(ImmutableArray<string> names) =>
        names.Length == ImageNetClasses.Table.All.Length
        && names.Zip(ImageNetClasses.Table.All).All(pair => pair.First == pair.Second.Wnid || pair.First == pair.Second.Name);

    /// <summary>The classes that answer to a name: one, none, or several where the names themselves are the same.</summary>
    public ImmutableArray<int> Find(string name) =>
        exact.TryGetValue(Decomposed.Of(name), out var same) ? same
        : loose.TryGetValue(Loose(name), out var similar) ? similar
        : WnidIn(name) is { } wnid && exact.TryGetValue(wnid, out var known) ? known
        : Synonym(name) is { } first && loose.TryGetValue(Loose(first), out var synonym) ? synonym
        : [];

    /// <summary>The first class that two networks of as many classes call by other names; null if there is none, or if one of them has no
    /// names.</summary>
    public int? Difference(NetworkClasses other) =>
        Names.IsEmpty || other.Names.IsEmpty
            ? null
            : Enumerable
                .Range(0, Count)
                .Where(number => Names[number] != other.Names[number] && !Find(other.Names[number]).Contains(number))
                .Select(number => (int?)number)
                .FirstOrDefault();

    FrozenDictionary<string, ImmutableArray<int>> Index(Func<string, string> key) =>
        Names
            .SelectMany((name, number) => Aliases(name, number).Select(key).Distinct().Select(alias => (alias, number)))
            .GroupBy(pair => pair.alias, pair => pair.number)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>The name; beside a wnid its word, beside the words of ImageNet the wnids.</summary>
    IEnumerable<string> Aliases(string name, int number)
    {
        yield return name;
        if (IsImageNet)
            yield return ImageNetClasses.Table.All[number].Wnid;
        else if (ImageNetClasses.Table.Find(name) is { } known)
            yield return known.Name;
        else if (ImageNetClasses.Table.FindName(name) is { } word)
            yield return word.Wnid;
    }

    static string? WnidIn(string name) =>
        name.Length > 9 && name[9] is '-' or '_' or ' ' && ImageNetClasses.Table.Find(name[..9]) is { } known ? known.Wnid : null;

    static string? Synonym(string name) => name.IndexOf(',', StringComparison.Ordinal) is > 0 and var end ? name[..end] : null;

    static string Loose(string name) =>
        string.Join(' ', Decomposed.Of(name.ToLowerInvariant()).Split([' ', '_', '-', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
