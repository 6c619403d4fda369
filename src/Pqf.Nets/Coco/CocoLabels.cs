using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Which label of a network stands for which category of a data set.</summary>
/// <remarks>
/// A label is the category's number where that works: a network of COCO has 91 outputs, 11 of which no object has, as torchvision's. Label
/// 0
/// is the background, so that a data set with objects of a category 0 is labelled by rank: its lowest category is label 1. A category 0
/// without objects (Roboflow's root category) does not count.
/// </remarks>
public sealed class CocoLabels
{
    readonly FrozenDictionary<int, int> labelOf;
    readonly ImmutableArray<int> categoryOf;

    CocoLabels(ImmutableArray<CocoCategory> categories, Func<int, int, int> label)
    {
        labelOf = categories
            .Select((category, rank) => (category.Id, Label: label(category.Id, rank)))
            .ToFrozenDictionary(pair => pair.Id, pair => pair.Label);
        ClassCount = labelOf.Values.DefaultIfEmpty(0).Max() + 1;
        int[] numbers = [.. Enumerable.Range(0, ClassCount)];
        string[] names = [.. numbers.Select(number => number == 0 ? Background : $"class {number}")];
        foreach (var category in categories)
        {
            numbers[labelOf[category.Id]] = category.Id;
            names[labelOf[category.Id]] = category.Name;
        }

        (categoryOf, Names) = ([.. numbers], [.. names]);
    }

    /// <summary>Name of label 0.</summary>
    public const string Background = "background";

    /// <summary>Whether labels are ranks, because objects have category 0.</summary>
    public bool IsByRank { get; private init; }

    /// <summary>Outputs that a network needs, the background's among them.</summary>
    public int ClassCount { get; }

    /// <summary>A name for each label: the category's, <c>background</c> for 0, <c>class 12</c> for numbers that no category has.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The labels of a data set's categories.</summary>
    public static CocoLabels Of(CocoInstances instances)
    {
        bool byRank = instances.HasCategory(0);
        ImmutableArray<CocoCategory> categories = [.. instances.Categories.Where(category => byRank || category.Id > 0)];
        return new(categories, byRank ? (_, rank) => rank + 1 : (id, _) => id) { IsByRank = byRank };
    }

    /// <summary>The label of a category.</summary>
    /// <exception cref="KeyNotFoundException">The data set does not have it.</exception>
    public int LabelOf(int categoryId) => labelOf[categoryId];

    /// <summary>The category of a label; the label itself where the data set has no category for it.</summary>
    public int CategoryOf(int label) => label >= 0 && label < categoryOf.Length ? categoryOf[label] : label;
}
