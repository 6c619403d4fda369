using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Reporting;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Cli.Drawing;

/// <summary>Small pictures of what a detector found, for its report.</summary>
/// <param name="images">Where the images are.</param>
/// <param name="results">All that was found.</param>
sealed class DetectedPictures(CocoFolder images, IEnumerable<CocoDetection> results)
{
    readonly ShownImages shown = ShownImages.Of(images.Instances, results);
    readonly ILookup<long, CocoDetection> boxes = ShownImages.Boxes(results);

    /// <summary>Those with the most mistakes.</summary>
    public ImmutableArray<ReportFigure> Worst => Of(shown.Worst);

    /// <summary>Those that the network does best.</summary>
    public ImmutableArray<ReportFigure> Best => Of(shown.Best);

    /// <summary>One for each image, with its name and what was found, missed and false. An image that cannot be decoded any more is left
    /// out.</summary>
    /// <param name="matches">The images.</param>
    ImmutableArray<ReportFigure> Of(ImmutableArray<ImageMatch> matches)
    {
        var names = images.Instances.Categories.ToDictionary(category => category.Id, category => category.Name);
        var places = images.Images.Select((image, index) => (image.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index);
        return ReportPictures.Of(
            images.Unlabelled,
            matches,
            match => places[match.Image.Id],
            match => (Printable.Name(Path.GetFileName(match.Image.FileName)), DetectionSection.Words(match)),
            (match, image) =>
                DetectionPicture.Small(
                    image,
                    boxes[match.Image.Id],
                    category => names[category],
                    images.Instances.AnnotationsOf(match.Image.Id).Where(item => !item.IsCrowd).Select(item => item.Box)
                )
        );
    }
}
