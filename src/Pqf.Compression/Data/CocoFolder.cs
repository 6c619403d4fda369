using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>An image and its objects.</summary>
/// <param name="Image">Its number, file and size.</param>
/// <param name="Photograph">Its pixels.</param>
/// <param name="Target">Its objects; there may be none.</param>
public sealed record DetectionExample(CocoImage Image, Photograph Photograph, DetectionTarget Target);

/// <summary>Images of a COCO folder: <c>DIR/val2017/….jpg</c> and <c>DIR/annotations/instances_val2017.json</c>.</summary>
/// <param name="AnnotationsPath">The file of annotations.</param>
/// <param name="ImagesPath">The folder of images.</param>
/// <param name="Instances">What the file says.</param>
/// <param name="Images">Those in use, by number.</param>
/// <param name="Reader">Decodes them.</param>
public sealed record CocoFolder(
    string AnnotationsPath,
    string ImagesPath,
    CocoInstances Instances,
    ImmutableArray<CocoImage> Images,
    ImageReader Reader
)
{
    const string Training = "train2017",
        Validation = "val2017";

    /// <summary>Labels of the categories.</summary>
    public CocoLabels Labels { get; } = CocoLabels.Of(Instances);

    /// <summary>What is odd about the annotations and is dealt with, a line each. Most files have none.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            string file = AnnotationsPath;
            if (Instances.UnlistedCount > 0)
                yield return $"{file}: left out {Instances.UnlistedCount} annotations of images that are not listed";
            if (Instances.WithoutMaskCount > 0)
                yield return $"{file}: {Instances.WithoutMaskCount} objects have no outline: they count for boxes, not for masks";
            if (Instances.CrowdCount > 0 && Instances.CrowdCount == Instances.AnnotationCount)
                yield return $"{file}: all {Instances.CrowdCount} annotations are crowds: there is no object to learn or to find";
            if (Labels.IsByRank)
                yield return $"{file}: has objects of category 0, the background's label: labels are the categories' ranks from 1";
        }
    }

    /// <summary>Opens the images to train on: those with objects, as <see cref="CocoTargets.IsTrainable"/> says.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error that names the folder or the file if it is missing, is not of the format, or has no image to train on.</returns>
    public static Result<CocoFolder, PqfError> OpenTraining(string path, ImageReader reader) =>
        Open(path, Training, reader)
            .Bind<CocoFolder>(all =>
                all with
                {
                    Images = [.. all.Images.Where(image => CocoTargets.IsTrainable(all.Instances.AnnotationsOf(image.Id)))],
                }
                    is { Images.IsEmpty: false } some
                    ? some
                    : new PqfError.File(all.AnnotationsPath, "has no image with an object of more than a pixel")
            );

    /// <summary>Opens the images to measure on: all.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error as for training.</returns>
    public static Result<CocoFolder, PqfError> OpenValidation(string path, ImageReader reader) =>
        Open(path, Validation, reader)
            .Bind<CocoFolder>(all => all.Images.IsEmpty ? new PqfError.File(all.AnnotationsPath, "has no images") : all);

    /// <summary>The same images, if a network has all their classes.</summary>
    /// <param name="classCount">Of the network, the background among them.</param>
    public Result<CocoFolder, PqfError> NumberedFor(int classCount) =>
        Labels.ClassCount > classCount
            ? new PqfError.File(
                AnnotationsPath,
                $"has category {Instances.Categories[^1].Id} ({Instances.Categories[^1].Name}); expected numbers below "
                    + $"{classCount}, as the network has classes"
            )
            : this;

    /// <summary>Decodes an image and draws its masks; may be called on several threads at once.</summary>
    /// <param name="index">Below the count of images.</param>
    /// <param name="isFlipped">Whether it is seen in a mirror.</param>
    /// <returns>An error that names the image if it is missing, damaged, or of another size than the annotations say.</returns>
    public Result<DetectionExample, PqfError> Load(int index, bool isFlipped) =>
        Decode(index)
            .Map(image =>
            {
                var target = CocoTargets.Of(Images[index], Instances.AnnotationsOf(Images[index].Id), Labels);
                return isFlipped
                    ? new DetectionExample(Images[index], HorizontalFlip.Of(image), HorizontalFlip.Of(target, image.Width))
                    : new DetectionExample(Images[index], image, target);
            });

    /// <summary>Decodes an image; may be called on several threads at once.</summary>
    /// <param name="index">Below the count of images.</param>
    /// <returns>An error as for <see cref="Load"/>.</returns>
    public Result<Photograph, PqfError> Decode(int index)
    {
        var image = Images[index];
        string path = Path.Combine(ImagesPath, image.FileName);
        return Reader
            .Decode(path)
            .Bind<Photograph>(pixels =>
                pixels.Height == image.Height && pixels.Width == image.Width
                    ? Photograph.Of(pixels)
                    : new PqfError.File(
                        path,
                        $"has {pixels.Width}×{pixels.Height} pixels{Turn(image, pixels)}; expected {image.Width}×{image.Height}, as "
                            + $"{AnnotationsPath} says of image {image.Id}"
                    )
            );
    }

    /// <summary>Says that the size fits if the orientation tag is taken the other way.</summary>
    string Turn(CocoImage image, PixelImage pixels) =>
        pixels.Orientation < Orientation.LeftTop || (pixels.Height, pixels.Width) != (image.Width, image.Height) ? ""
        : Reader.Exif == ExifOrientation.Apply
            ? $" when turned as its EXIF orientation {(int)pixels.Orientation} says (preprocessing.exif: ignore does not turn images)"
        : $" as stored, without the turn of its EXIF orientation {(int)pixels.Orientation} (preprocessing.exif: apply turns images)";

    static Result<CocoFolder, PqfError> Open(string path, string part, ImageReader reader)
    {
        string annotations = Path.Combine(path, "annotations", $"instances_{part}.json");
        return CocoFiles
            .ReadInstances(annotations)
            .Map(instances => new CocoFolder(annotations, Path.Combine(path, part), instances, instances.Images, reader));
    }
}
