using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>Two networks side by side.</summary>
/// <param name="FirstFile">The first network's file.</param>
/// <param name="First">The first network.</param>
/// <param name="SecondFile">The second network's file.</param>
/// <param name="Second">The second network.</param>
/// <param name="Skipped">Images that cannot be decoded; null where they are errors.</param>
/// <param name="Agreement">Images for which both have the same first answer.</param>
/// <param name="Divergence">How far the second network's probabilities are from the first's, in nats, mean over the images.</param>
/// <param name="FirstTop1">Images that the first network classifies correctly; null without labels.</param>
/// <param name="SecondTop1">Images that the second network classifies correctly; null without labels.</param>
/// <param name="Changed">Images with different first answers; those that the first network is surest of come first.</param>
/// <param name="Files">Files that were written.</param>
sealed record CompareResult(
    string FirstFile,
    NetworkSummary First,
    string SecondFile,
    NetworkSummary Second,
    int? Skipped,
    Share Agreement,
    double? Divergence,
    Share? FirstTop1,
    Share? SecondTop1,
    IReadOnlyList<ChangedImage> Changed,
    IReadOnlyList<string> Files
) : CommandResult
{
    // Those that a person looks at first.
    const int MostShown = 5;

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Skipped is > 0 ? (string[])[$"skipped  {Plural.Of(Skipped.Value, "image")} that cannot be decoded"] : [],
            $"first    {FirstFile}",
            .. First.Lines(),
            .. FirstTop1 is null ? [] : (string[])[$"top-1    {Figures.Percent(FirstTop1.Proportion())}"],
            $"second   {SecondFile}",
            .. Second.Lines(),
            .. SecondTop1 is null ? [] : (string[])[$"top-1    {Figures.Percent(SecondTop1.Proportion())}"],
            $"same     {Figures.Percent(Agreement.Proportion())}",
            string.Create(CultureInfo.InvariantCulture, $"diverge  {Divergence ?? double.NaN:0.0000} nats an image"),
            .. Changed.Take(MostShown).Select(image => $"changed  {image.Image}: {image.First} became {image.Second}"),
            .. FilesBeside.Lines(Files),
        ];
}

/// <summary>An image for which the networks have different first answers.</summary>
/// <param name="Image">Its file; its number, counted from 0, where it is none.</param>
/// <param name="Class">Its class; null without labels.</param>
/// <param name="First">The first network's answer.</param>
/// <param name="Second">The second network's answer.</param>
/// <param name="FirstConfidence">Probability that the first network gives its answer.</param>
/// <param name="SecondConfidence">Probability that the second network gives its answer.</param>
sealed record ChangedImage(string Image, string? Class, string First, string Second, double? FirstConfidence, double? SecondConfidence);
