using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Which label of a network stands for which category of a data set.</summary>
/// <remarks>
/// A network with names for its labels decides by these: <see cref="ByName"/>. Without names a label is the category's number where that
/// works: a network of COCO has 91 outputs, 11 of which no object has, as torchvision's. Label 0 is the background, so that a data set with
/// objects of a category 0 is labelled by rank: its lowest category is label 1. So is one whose numbers would need many more outputs than
/// it has categories. A category 0 without objects (Roboflow's root category) does not count.
/// </remarks>
public sealed class CocoLabels
{
    // Numbers as sparse as COCO's own are kept: 91 outputs for 80 categories.
    const double MostOutputs = 1.5;

    readonly FrozenDictionary<int, int> labelOf;
    readonly FrozenDictionary<int, int> categoryOf;

    CocoLabels(IEnumerable<(CocoCategory Category, int Label)> pairs, ImmutableArray<string> names)
    {
        var all = pairs.ToArray();
        labelOf = all.ToFrozenDictionary(pair => pair.Category.Id, pair => pair.Label);
        categoryOf = all.ToFrozenDictionary(pair => pair.Label, pair => pair.Category.Id);
        Names = names;
    }

    /// <summary>Name of label 0.</summary>
    public const string Background = "background";

    /// <summary>Whether labels are the categories' ranks from 1.</summary>
    public bool IsByRank { get; private init; }

    /// <summary>Whether labels are the categories' numbers.</summary>
    public bool IsByNumber { get; private init; }

    /// <summary>Why labels are not the categories' numbers, in a line; null where they are, or where names decide.</summary>
    public string? Note { get; private init; }

    /// <summary>Outputs that a network needs, the background's among them.</summary>
    public int ClassCount => Names.Length;

    /// <summary>A name for each label: the category's, <c>background</c> for 0, <c>class 12</c> for numbers that no category has.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Categories with objects that have no label, because a network has no class of their name.</summary>
    public ImmutableArray<CocoCategory> Unknown { get; private init; } = [];

    /// <summary>Those of them whose name several categories or labels have, so that it does not decide.</summary>
    public ImmutableArray<CocoCategory> Doubled { get; private init; } = [];

    /// <summary>Categories without objects that have no label: they do no harm.</summary>
    public ImmutableArray<CocoCategory> Idle { get; private init; } = [];

    /// <summary>The labels of a data set's categories, of a network of which nothing is known: numbers, unless objects have category 0 or
    /// no network has so many outputs.</summary>
    /// <param name="instances">The data set.</param>
    public static CocoLabels Of(CocoInstances instances) => Of(Counted(instances, null), CocoClasses.LabelCount);

    /// <summary>The labels of a data set's categories, of a network that is made for it: numbers, unless objects have category 0 or ranks
    /// need far fewer outputs.</summary>
    /// <param name="instances">The data set.</param>
    /// <param name="measured">Its part to measure on, which may have objects of category 0 where the other has none.</param>
    public static CocoLabels ForTraining(CocoInstances instances, CocoInstances measured) => Of(Counted(instances, measured), 0);

    static CocoLabels Of(ImmutableArray<CocoCategory> categories, int fewOutputs)
    {
        if (categories is [{ Id: 0 }, ..])
            return Ranked(categories, "has objects of category 0, the background's label: labels are the categories' ranks from 1");
        int highest = categories is [.., var last] ? last.Id : 0;
        return highest < Math.Max(fewOutputs, MostOutputs * (categories.Length + 1))
            ? Numbered(categories)
            : Ranked(categories, $"numbers {categories.Length} categories up to {highest}: labels are the categories' ranks from 1");
    }

    /// <summary>Labels that are the categories' numbers; null if objects have category 0, or a network has too few labels.</summary>
    /// <param name="instances">The data set.</param>
    /// <param name="classCount">Of the network.</param>
    /// <param name="measured">As for <see cref="ForTraining"/>.</param>
    public static CocoLabels? ByNumber(CocoInstances instances, int classCount, CocoInstances? measured = null)
    {
        var categories = Counted(instances, measured);
        return categories is [{ Id: 0 }, ..] || (categories is [.., var last] && last.Id >= classCount) ? null : Numbered(categories);
    }

    /// <summary>Labels that are the categories' ranks from 1.</summary>
    /// <param name="instances">The data set.</param>
    /// <param name="measured">As for <see cref="ForTraining"/>.</param>
    public static CocoLabels ByRank(CocoInstances instances, CocoInstances? measured = null) => Ranked(Counted(instances, measured), null);

    /// <summary>The labels whose names are the categories'. Where several categories and as many labels have one name, they follow each
    /// other in order, whichever of them have objects: so that all files of a data set have the same labels.</summary>
    /// <param name="instances">The data set; categories that no label is named as are <see cref="Unknown"/> or
    /// <see cref="Idle"/>.</param>
    /// <param name="names">Of the network's labels, the background's first.</param>
    public static CocoLabels ByName(CocoInstances instances, ImmutableArray<string> names)
    {
        var labels = names
            .Select((name, label) => (Key: CocoCategory.KeyOf(name), label))
            .Skip(1)
            .ToLookup(pair => pair.Key, pair => pair.label);
        var pairs = new List<(CocoCategory Category, int Label)>();
        var doubled = new List<CocoCategory>();
        foreach (var group in instances.Categories.GroupBy(category => category.Key).Where(group => labels.Contains(group.Key)))
        {
            int[] same = [.. labels[group.Key]];
            var categories = Candidates(instances, [.. group], same.Length);
            if (categories.Length == same.Length)
                pairs.AddRange(categories.Zip(same));
            else
                doubled.AddRange(group.Where(category => instances.HasCategory(category.Id)));
        }

        var paired = pairs.Select(pair => pair.Category).ToHashSet();
        CocoCategory[] without = [.. instances.Categories.Where(category => !paired.Contains(category))];
        return new(pairs, names)
        {
            Doubled = [.. doubled],
            Unknown = [.. without.Where(category => instances.HasCategory(category.Id))],
            Idle =
            [
                .. without.Where(category => category.Id != 0 && !instances.HasCategory(category.Id) && !labels.Contains(category.Key)),
            ],
        };
    }

    /// <summary>Of categories of one name those that count, where there are more than labels: not a root of Roboflow's without objects; of
    /// several for one label the one with objects.</summary>
    static ImmutableArray<CocoCategory> Candidates(CocoInstances instances, ImmutableArray<CocoCategory> categories, int labelCount)
    {
        if (categories.Length <= labelCount)
            return categories;
        ImmutableArray<CocoCategory> counted = categories.RemoveAll(category => category.Id == 0 && !instances.HasCategory(0)),
            used = categories.RemoveAll(category => !instances.HasCategory(category.Id));
        return counted.Length == labelCount ? counted
            : labelCount == 1 && used.Length == 1 ? used
            : categories;
    }

    /// <summary>The label of a category.</summary>
    /// <exception cref="KeyNotFoundException">The data set does not have it.</exception>
    public int LabelOf(int categoryId) => labelOf[categoryId];

    /// <summary>Whether a detection of a label is one of the data set's categories, or a number that is none of them.</summary>
    public bool HasCategoryOf(int label) => IsByNumber || categoryOf.ContainsKey(label);

    /// <summary>The category of a label; the label itself where the data set has no category for it.</summary>
    public int CategoryOf(int label) => categoryOf.GetValueOrDefault(label, label);

    /// <summary>All categories but a 0 without objects. In the part to measure on a category is found by name, as it may have another
    /// number there: what has the name of another category too is that one, and not a root of Roboflow's.</summary>
    static ImmutableArray<CocoCategory> Counted(CocoInstances instances, CocoInstances? measured)
    {
        bool has0 =
            instances.Categories is [{ Id: 0 } zero, ..]
            && (
                instances.HasCategory(0)
                || (
                    instances.Categories.Count(category => category.Key == zero.Key) == 1
                    && measured?.Categories.Any(category => category.Key == zero.Key && measured.HasCategory(category.Id)) == true
                )
            );
        return [.. instances.Categories.Where(category => has0 || category.Id != 0)];
    }

    static CocoLabels Numbered(ImmutableArray<CocoCategory> categories)
    {
        string[] names =
        [
            .. Enumerable
                .Range(0, (categories is [.., var last] ? last.Id : 0) + 1)
                .Select(number => number == 0 ? Background : $"class {number}"),
        ];
        foreach (var category in categories)
            names[category.Id] = category.Name;
        return new(categories.Select(category => (category, category.Id)), [.. names]) { IsByNumber = true };
    }

    static CocoLabels Ranked(ImmutableArray<CocoCategory> categories, string? note) =>
        new(categories.Select((category, rank) => (category, rank + 1)), [Background, .. categories.Select(category => category.Name)])
        {
            IsByRank = true,
            Note = note,
        };
}
