using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Coco;

/// <summary>Annotated objects as a detector learns them, and its detections as COCO measures them.</summary>
public static class CocoTargets
{
    // torchvision's references: an image whose boxes all have a side of at most a pixel is not worth training on.
    const double LeastSide = 1;

    /// <summary>Whether an image is trained on: it has an annotated object, a crowd perhaps, of which both sides are longer than a
    /// pixel.</summary>
    public static bool IsTrainable(IEnumerable<CocoAnnotation> annotations) =>
        annotations.Any(annotation => annotation.Box.Width > LeastSide && annotation.Box.Height > LeastSide);

    /// <summary>Whether an object, no crowd, has a box of which nothing lies in its image: it cannot be learned.</summary>
    public static bool IsEmpty(CocoImage image, CocoAnnotation annotation) =>
        !annotation.IsCrowd && BoxOf(annotation.Box).Clip(image.Height, image.Width) is not { Width: > 0, Height: > 0 };

    /// <summary>The objects of an image. Crowds are left out, boxes are cut to the image, and objects of which nothing is left are left out
    /// too.</summary>
    /// <param name="image">The image.</param>
    /// <param name="annotations">Its objects; there may be none.</param>
    /// <param name="labels">Labels of the data set's categories.</param>
    public static DetectionTarget Of(CocoImage image, IEnumerable<CocoAnnotation> annotations, CocoLabels labels)
    {
        var kept = annotations
            .Where(annotation => !annotation.IsCrowd && !IsEmpty(image, annotation))
            .Select(annotation => (annotation, box: BoxOf(annotation.Box).Clip(image.Height, image.Width)))
            .ToArray();
        return new(
            [.. kept.Select(pair => pair.box)],
            [.. kept.Select(pair => labels.LabelOf(pair.annotation.CategoryId))],
            [
                .. kept.Select(pair =>
                    pair.annotation.HasMask
                        ? new BinaryMask(
                            image.Height,
                            image.Width,
                            pair.annotation.Segmentation.ToRle(image.Height, image.Width).ToBitmap()
                        )
                        : null
                ),
            ]
        );
    }

    /// <summary>Detections in COCO's terms, boxes and masks.</summary>
    /// <param name="imageId">The image's number.</param>
    /// <param name="found">What was found in it.</param>
    /// <param name="threshold">Pixels above this probability are the object's.</param>
    /// <param name="labels">Labels of the data set's categories, detections of other labels being left out; null where a label is the
    /// category.</param>
    public static ImmutableArray<CocoDetection> Results(long imageId, Detections found, float threshold, CocoLabels? labels = null) =>
        [
            .. found
                .Items.Where(item => labels?.HasCategoryOf(item.Label) ?? true)
                .Select(item => new CocoDetection(
                    imageId,
                    labels?.CategoryOf(item.Label) ?? item.Label,
                    item.Score,
                    new(item.Box.X1, item.Box.Y1, item.Box.Width, item.Box.Height),
                    Masks.Rle.FromMask(MaskPasting.Paste(item, found.Height, found.Width, threshold))
                )),
        ];

    static Box BoxOf(CocoBox box) => new((float)box.X, (float)box.Y, (float)(box.X + box.Width), (float)(box.Y + box.Height));
}
