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
    readonly ILookup<long, CocoDetection> boxes = ShownImages.Boxes(results);

    /// <summary>One for each image, with its name and what was found, missed and false. An image that cannot be decoded any more is left
    /// out.</summary>
    /// <param name="shown">The images.</param>
    public ImmutableArray<ReportFigure> Of(ImmutableArray<ImageMatch> shown)
    {
        var names = images.Instances.Categories.ToDictionary(category => category.Id, category => category.Name);
        var places = images.Images.Select((image, index) => (image.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index);
        return ReportPictures.Of(
            images.Unlabelled,
            shown,
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
