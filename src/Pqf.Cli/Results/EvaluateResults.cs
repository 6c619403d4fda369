using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Nets.Coco;

namespace Pqf.Cli.Results;

/// <summary>How well a classifier does.</summary>
/// <param name="Network">Which network.</param>
/// <param name="Skipped">Images that cannot be decoded; null where they are errors.</param>
/// <param name="Top1">Images whose class is the network's first answer.</param>
/// <param name="Top5">Images whose class is among its first five answers; null for networks of five classes or fewer.</param>
/// <param name="ImagesPerSecond">Decoding included.</param>
/// <param name="Device">Where it ran.</param>
sealed record EvaluateClassifierResult(NetworkSummary Network, int? Skipped, Share Top1, Share? Top5, double ImagesPerSecond, string Device)
    : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Skipped is > 0 ? (string[])[$"skipped  {Skipped} images that cannot be decoded"] : [],
            .. Network.Lines(),
            $"top-1    {Figures.Percent(Top1.Proportion())}",
            .. Top5 is null ? [] : (string[])[$"top-{EvaluateJob.TopCount}    {Figures.Percent(Top5.Proportion())}"],
            string.Create(CultureInfo.InvariantCulture, $"speed    {ImagesPerSecond:0.0} images/s on {Device}"),
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
sealed record EvaluateDetectorResult(
    NetworkSummary Network,
    int Images,
    PrecisionResult Box,
    PrecisionResult Mask,
    double ImagesPerSecond,
    string Device,
    IReadOnlyList<StageTime>? Stages
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
        [
            name,
            .. new[] { Ap, Ap50, Ap75, ApSmall, ApMedium, ApLarge, Ar1, Ar10, Ar100, ArSmall, ArMedium, ArLarge }.Select(value =>
                value is { } known ? (100 * known).ToString("0.0", CultureInfo.InvariantCulture) : "-"
            ),
        ];

    static double? Known(double value) => value < 0 ? null : value;
}
