using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Tensors;

namespace Pqf.Cli.Drawing;

/// <summary>Pictures of images for which two networks have different first answers.</summary>
static class ChangedPictures
{
    /// <summary>Those of which the first network is surest, at most <see cref="ChangedAnswers.MostPictures"/>.</summary>
    /// <param name="first">The first network.</param>
    /// <param name="second">The second network.</param>
    /// <param name="images">Where the images are.</param>
    /// <param name="comparison">Of both networks on these images.</param>
    public static ImmutableArray<ReportFigure> Of(Network first, Network second, ImageSet images, Comparison comparison) =>
        ReportPictures.Of(
            images,
            comparison.Changed.Take(ChangedAnswers.MostPictures),
            answer => answer.Image,
            answer =>
                (
                    second.ClassNames[answer.Second],
                    $"{Figures.Percent(answer.SecondConfidence)} sure; was {first.ClassNames[answer.First]}, "
                        + $"{Figures.Percent(answer.FirstConfidence)} sure"
                        + (answer.Class is { } label ? $"; it is {first.ClassNames[label]}" : "")
                        + (images.NameOf(answer.Image) is { } name ? $" ({Printable.Whole(name)})" : "")
                )
        );
}
