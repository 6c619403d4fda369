using System.Collections.Immutable;
using Pqf.Compression.Detection;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>Photographs with what a detector found in them, as parts of a report.</summary>
public static class DetectionSection
{
    // As many categories as fit on a line below a picture.
    const int MostNames = 4;

    static string LeastPercent => Figures.Rounded(100 * ShownImages.LeastScore, "0");

    /// <summary>What a line below a picture says: how many objects were found and missed, how many boxes are false, and of what.</summary>
    /// <param name="match">Of the picture.</param>
    public static string Words(ImageMatch match) =>
        $"{Figures.Count(match.FoundCount)} found, "
        + $"{Figures.Count(match.MissedCount)} missed{Names(match, item => item.MissedCount)}, "
        + $"{Figures.Count(match.FalseCount)} false{Names(match, item => item.FalseCount)}";

    static string Names(ImageMatch match, Func<CategoryMatch, int> count)
    {
        var some = match.Categories.Where(item => count(item) > 0).OrderByDescending(count);
        string[] names = [.. some.Select(item => Name(item.Category, count(item)))];
        if (names.Length <= MostNames)
            return names.Length == 0 ? "" : $" ({string.Join(", ", names)})";
        string others = Plural.Of(names.Length - MostNames + 1, "more category", "more categories");
        return $" ({string.Join(", ", names.Take(MostNames - 1))} and {others})";
    }

    static string Name(CocoCategory category, int count) => Printable.Name(category.Name) + (count == 1 ? "" : $" × {count}");

    /// <summary>The sections of the last validation of a training.</summary>
    /// <param name="worst">Pictures of <see cref="ShownImages.Worst"/>.</param>
    /// <param name="best">Pictures of <see cref="ShownImages.Best"/>.</param>
    public static ImmutableArray<ReportSection> OfTraining(ImmutableArray<ReportFigure> worst, ImmutableArray<ReportFigure> best) =>
        [
            .. ReportSection
                .Present(Worst(worst), Best(best))
                .Select(section => section with { About = $"At the last validation. {section.About}" }),
        ];

    internal static ReportSection? Worst(ImmutableArray<ReportFigure> pictures) =>
        Of(
            "Images with the most mistakes",
            $"Boxes with masks and labels are what the network found with a score of {LeastPercent} % or more. "
                + "Thin dashed white boxes are the annotated objects. An object is found if a box of its category overlaps it by half (IoU "
                + "0.5); other objects are missed, other boxes false. Objects that lack an annotation show up here, too.",
            pictures
        );

    internal static ReportSection? Best(ImmutableArray<ReportFigure> pictures) =>
        Of("Images that it does best", "Drawn and counted in the same way.", pictures);

    static ReportSection? Of(string title, string about, ImmutableArray<ReportFigure> pictures) =>
        pictures.IsEmpty
            ? null
            : new(title, about, [new ReportPart.Gallery("found", pictures) { Headings = ("image", "objects and boxes") }]);
}
