using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>How well a classifier does.</summary>
/// <param name="Network">Which network.</param>
/// <param name="Skipped">Images that cannot be decoded; null where they are errors.</param>
/// <param name="Top1">Images whose class is the network's first answer.</param>
/// <param name="Top5">Images whose class is among its first five answers; null for networks of five classes or fewer.</param>
/// <param name="ImagesPerSecond">Decoding included.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Classes">Every class that has images, by its number.</param>
/// <param name="Confusions">Every pair of a class and a wrong answer that comes up, the most frequent first.</param>
/// <param name="Files">Files that were written.</param>
sealed record EvaluateClassifierResult(
    NetworkSummary Network,
    int? Skipped,
    Share Top1,
    Share? Top5,
    double ImagesPerSecond,
    string Device,
    IReadOnlyList<ClassResult> Classes,
    IReadOnlyList<ConfusionResult> Confusions,
    IReadOnlyList<string> Files
) : CommandResult
{
    // Those that a person looks at first.
    const int MostShown = 5;

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Skipped is > 0 and var skipped ? (string[])[$"skipped  {Plural.Of(skipped, "image")} that cannot be decoded"] : [],
            .. Network.Lines(),
            $"top-1    {Figures.Percent(Top1.Proportion())}",
            .. Top5 is null ? [] : (string[])[$"top-{EvaluateJob.TopCount}    {Figures.Percent(Top5.Proportion())}"],
            string.Create(CultureInfo.InvariantCulture, $"speed    {ImagesPerSecond:0.0} images/s on {Device}"),
            .. Confusions.Take(MostShown).Select(Line),
            .. FilesBeside.Lines(Files),
        ];

    string Line(ConfusionResult pair)
    {
        var images = Classes.First(item => item.Number == pair.Class);
        return $"confused {pair.Images} of {Plural.Of(images.Images, "image")} of {images.Name} with {pair.Answer}";
    }
}

/// <summary>How well images of one class are classified.</summary>
/// <param name="Number">The class.</param>
/// <param name="Name">Its name.</param>
/// <param name="Correct">Images for which it is the first answer.</param>
/// <param name="Images">Images of it.</param>
sealed record ClassResult(int Number, string Name, int Correct, int Images);

/// <summary>Images of one class that are taken for another.</summary>
/// <param name="Class">The images' class.</param>
/// <param name="AnswerNumber">The first answer.</param>
/// <param name="Answer">Its name.</param>
/// <param name="Images">How many.</param>
sealed record ConfusionResult(int Class, int AnswerNumber, string Answer, int Images);

/// <summary>How well the objects of one category are found.</summary>
/// <param name="Id">The category's number in the file of annotations.</param>
/// <param name="Name">Its name.</param>
/// <param name="Objects">Its objects, crowds left out.</param>
/// <param name="BoxAp">Average precision of boxes, mean over IoU 0.50 to 0.95.</param>
/// <param name="BoxAp50">At IoU 0.50.</param>
/// <param name="MaskAp">Of masks; null where no object has one.</param>
/// <param name="MaskAp50">At IoU 0.50.</param>
sealed record CategoryResult(int Id, string Name, int Objects, double BoxAp, double BoxAp50, double? MaskAp, double? MaskAp50)
{
    /// <summary>Of a measurement.</summary>
    public static CategoryResult Of(CategoryPrecision item) =>
        new(item.Category.Id, item.Category.Name, item.Box.ObjectCount, item.Box.Ap, item.Box.Ap50, item.Mask?.Ap, item.Mask?.Ap50);

    internal ImmutableArray<string> Row() =>
        [
            Name,
            Objects.ToString(CultureInfo.InvariantCulture),
            .. new[] { BoxAp, BoxAp50, MaskAp, MaskAp50 }.Select(PrecisionResult.Percent),
        ];
}

/// <summary>How well a detector does: COCO's twelve numbers, for boxes and for masks.</summary>
/// <param name="Network">Which network.</param>
/// <param name="Images">How many images.</param>
/// <param name="Box">Of boxes.</param>
/// <param name="Mask">Of masks.</param>
/// <param name="ImagesPerSecond">Decoding included.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Stages">What the stages took, with <c>--profile</c>.</param>
/// <param name="Categories">Each category that has objects, by its number.</param>
/// <param name="Files">Files that were written.</param>
sealed record EvaluateDetectorResult(
    NetworkSummary Network,
    int Images,
    PrecisionResult Box,
    PrecisionResult Mask,
    double ImagesPerSecond,
    string Device,
    IReadOnlyList<StageTime>? Stages,
    IReadOnlyList<CategoryResult> Categories,
    IReadOnlyList<string> Files
) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Network.Lines(),
            .. new Table(
                ["%", " AP", " AP50", " AP75", " APs", " APm", " APl", " AR1", " AR10", " AR100", " ARs", " ARm", " ARl"],
                [Box.Row("box"), Mask.Row("mask")]
            ).Lines(),
            string.Create(CultureInfo.InvariantCulture, $"speed    {ImagesPerSecond:0.00} images/s on {Device}"),
            .. Stages is null ? [] : StageWatch.Table([.. Stages], Images, "an image").Lines(),
            .. Categories is []
                ? []
                : new Table(
                    ["category", " objects", " box AP", " box AP50", " mask AP", " mask AP50"],
                    [.. Categories.Select(item => item.Row())]
                ).Lines(),
            .. FilesBeside.Lines(Files),
        ];
}

/// <summary>COCO's twelve numbers, from 0 to 1; null where there is nothing to be found.</summary>
/// <param name="Ap">Average precision, mean over IoU 0.50 to 0.95.</param>
/// <param name="Ap50">At IoU 0.50.</param>
/// <param name="Ap75">At IoU 0.75.</param>
/// <param name="ApSmall">Of small objects.</param>
/// <param name="ApMedium">Of objects of medium size.</param>
/// <param name="ApLarge">Of large objects.</param>
/// <param name="Ar1">Average recall with one detection an image.</param>
/// <param name="Ar10">With ten detections.</param>
/// <param name="Ar100">With a hundred detections.</param>
/// <param name="ArSmall">Average recall of small objects.</param>
/// <param name="ArMedium">Of objects of medium size.</param>
/// <param name="ArLarge">Of large objects.</param>
sealed record PrecisionResult(
    double? Ap,
    double? Ap50,
    double? Ap75,
    double? ApSmall,
    double? ApMedium,
    double? ApLarge,
    double? Ar1,
    double? Ar10,
    double? Ar100,
    double? ArSmall,
    double? ArMedium,
    double? ArLarge
)
{
    /// <summary>Of a measurement, which has −1 where there is nothing to be found.</summary>
    public static PrecisionResult Of(AveragePrecision ap) =>
        new(
            Known(ap.Ap),
            Known(ap.Ap50),
            Known(ap.Ap75),
            Known(ap.ApSmall),
            Known(ap.ApMedium),
            Known(ap.ApLarge),
            Known(ap.Ar1),
            Known(ap.Ar10),
            Known(ap.Ar100),
            Known(ap.ArSmall),
            Known(ap.ArMedium),
            Known(ap.ArLarge)
        );

    internal ImmutableArray<string> Row(string name) =>
        [name, .. new[] { Ap, Ap50, Ap75, ApSmall, ApMedium, ApLarge, Ar1, Ar10, Ar100, ArSmall, ArMedium, ArLarge }.Select(Percent)];

    internal static string Percent(double? value) => value is { } known ? (100 * known).ToString("0.0", CultureInfo.InvariantCulture) : "-";

    static double? Known(double value) => value < 0 ? null : value;
}
