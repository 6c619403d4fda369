using System.Collections.Immutable;
using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>How the classes of a data set are found among a network's.</summary>
public enum ClassMatchKind
{
    /// <summary>By name.</summary>
    Names,

    /// <summary>The names are whole numbers below the class count: the classes' numbers.</summary>
    Numbers,

    /// <summary>By rank: the network has no names, and as many classes.</summary>
    Ranks,

    /// <summary>Some are the network's, others are not.</summary>
    Some,

    /// <summary>No class is the network's.</summary>
    None,
}

/// <summary>Maps each class of a data set to a class of the network. The only place that decides it, for training and for
/// evaluation.</summary>
/// <param name="Kind">How they were found.</param>
/// <param name="Numbers">The network's number for each; −1 where there is none.</param>
public sealed record ClassMatch(ClassMatchKind Kind, ImmutableArray<int> Numbers)
{
    const int ShownNames = 5;

    /// <summary>Every class is one of the network's.</summary>
    public bool IsFull => Kind is ClassMatchKind.Names or ClassMatchKind.Numbers or ClassMatchKind.Ranks;

    /// <summary>Matches the classes of a data set with a network's.</summary>
    /// <param name="path">The data set, for messages.</param>
    /// <param name="classes">Its names, sorted ordinally.</param>
    /// <param name="network">The network's.</param>
    /// <returns>An error where a name means several classes, or several names mean one.</returns>
    public static Result<ClassMatch, PqfError> Of(string path, ImmutableArray<string> classes, NetworkClasses network)
    {
        ImmutableArray<int> byNumber = [.. classes.Select(name => NumberOf(name, network.Count))];
        bool isNamed = classes.All(name => !network.Find(name).IsEmpty);
        return !isNamed && !byNumber.Contains(-1) ? Distinct(path, classes, new(ClassMatchKind.Numbers, byNumber))
            : network.Names.IsEmpty && classes.Length == network.Count
                ? new ClassMatch(ClassMatchKind.Ranks, [.. Enumerable.Range(0, classes.Length)])
            : ByName(path, classes, network);
    }

    /// <summary>Matches by name alone.</summary>
    /// <param name="path">As for <see cref="Of"/>.</param>
    /// <param name="classes">As for <see cref="Of"/>.</param>
    /// <param name="network">As for <see cref="Of"/>.</param>
    /// <returns>An error as for <see cref="Of"/>.</returns>
    public static Result<ClassMatch, PqfError> ByName(string path, ImmutableArray<string> classes, NetworkClasses network)
    {
        ImmutableArray<ImmutableArray<int>> found = [.. classes.Select(network.Find)];
        if (found.FirstOrDefault(numbers => numbers.Length > 1) is { IsDefault: false } several)
            return new PqfError.File(
                path,
                $"{classes[found.IndexOf(several)]} is the name of {several.Length} classes of the network ({string.Join(", ", several)}); "
                    + "expected their numbers or wnids as names of the class folders"
            );
        int foundCount = found.Count(numbers => !numbers.IsEmpty);
        var kind =
            foundCount == classes.Length ? ClassMatchKind.Names
            : foundCount == 0 ? ClassMatchKind.None
            : ClassMatchKind.Some;
        return Distinct(path, classes, new(kind, [.. found.Select(numbers => numbers.IsEmpty ? -1 : numbers[0])]));
    }

    /// <summary>Matches all classes of a data set with a network's.</summary>
    /// <param name="path">As for <see cref="Of"/>.</param>
    /// <param name="classes">As for <see cref="Of"/>.</param>
    /// <param name="network">As for <see cref="Of"/>.</param>
    /// <param name="hint">Added to the error about classes that are not the network's.</param>
    /// <returns>A full match; else an error as for <see cref="Of"/>, or one that lists the classes that are not the network's.</returns>
    public static Result<ClassMatch, PqfError> Full(
        string path,
        ImmutableArray<string> classes,
        NetworkClasses network,
        Func<string>? hint = null
    ) =>
        Of(path, classes, network)
            .Bind<ClassMatch>(match =>
                match.IsFull ? match : new PqfError.File(path, match.Problem(classes, network) + (hint?.Invoke() ?? ""))
            );

    /// <summary>What was guessed, in a line; null where names say it.</summary>
    /// <param name="path">The data set.</param>
    /// <param name="classes">As for <see cref="Of"/>.</param>
    /// <param name="network">As for <see cref="Of"/>.</param>
    public string? Note(string path, ImmutableArray<string> classes, NetworkClasses network) =>
        Kind switch
        {
            ClassMatchKind.Ranks =>
                $"{path}: the network's class names are not known: its classes 0 to {classes.Length - 1} are taken to be "
                    + $"{Cut(classes)}, in sorted order; model.class_names gives the names in another order",
            ClassMatchKind.Numbers when !network.Names.IsEmpty || !Numbers.SequenceEqual(Enumerable.Range(0, Numbers.Length)) =>
                $"{path}: the class folders {Cut(classes)} are taken to be the numbers of the network's classes",
            _ => null,
        };

    /// <summary>Text that names the classes that are not the network's, and what was expected.</summary>
    /// <param name="classes">As for <see cref="Of"/>.</param>
    /// <param name="network">As for <see cref="Of"/>.</param>
    public string Problem(ImmutableArray<string> classes, NetworkClasses network)
    {
        ImmutableArray<string> others = [.. classes.Where((_, i) => Numbers[i] < 0)];
        string expected = network.Names.IsEmpty
            ? $"has {Plural.Of(classes.Length, "class", "classes")}; expected those of a network of {network.Count}, whose class "
                + "names are not known "
                + $"(model.class_names gives them), or class folders named by numbers below {network.Count}"
            : $"{others.Length} of its {Plural.Of(classes.Length, "class", "classes")} {(others.Length == 1 ? "is" : "are")} "
                + $"not the network's: {Cut(others)}; expected some of "
                + $"{Cut(network.Names)}{(network.IsImageNet ? ", wnids" : "")}, or numbers below {network.Count}";
        return network.Names.IsEmpty ? expected : expected + "; model.class_names gives the network other names";
    }

    /// <summary>A list of names for a message, cut after a few of them.</summary>
    /// <param name="names">Names of classes.</param>
    public static string Cut(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(ShownNames)) + (names.Count > ShownNames ? $", … ({names.Count} in all)" : "");

    static Result<ClassMatch, PqfError> Distinct(string path, ImmutableArray<string> classes, ClassMatch match)
    {
        var twice = match.Numbers.Select((number, i) => (number, i)).Where(pair => pair.number >= 0).GroupBy(pair => pair.number);
        return twice.FirstOrDefault(group => group.Count() > 1) is { } same
            ? new PqfError.File(
                path,
                $"{string.Join(" and ", same.Select(pair => classes[pair.i]))} are both class {same.Key} of the network; expected one "
                    + "folder for each class"
            )
            : match;
    }

    /// <summary>The number that a name is, if it is below a count; else −1.</summary>
    internal static int NumberOf(string name, int count) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < count ? number : -1;
}
