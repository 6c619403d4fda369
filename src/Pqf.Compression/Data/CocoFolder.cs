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

/// <summary>Images and annotations in COCO's format, in the layout of COCO itself or of a tool that writes it: see
/// <see cref="CocoSource"/>.</summary>
/// <param name="AnnotationsPath">The file of annotations.</param>
/// <param name="ImagesPath">The folder of images.</param>
/// <param name="Instances">What the file says.</param>
/// <param name="Images">Those in use, by number; their names lead to files from the folder of images.</param>
/// <param name="Reader">Decodes them.</param>
public sealed record CocoFolder(
    string AnnotationsPath,
    string ImagesPath,
    CocoInstances Instances,
    ImmutableArray<CocoImage> Images,
    ImageReader Reader
)
{
    /// <summary>Labels of the categories.</summary>
    public CocoLabels Labels { get; init; } = CocoLabels.Of(Instances);

    /// <summary>What was guessed of files and left out of training, a line each.</summary>
    internal ImmutableArray<string> Guesses { get; init; } = [];

    /// <summary>Which files are missing; null if all are there.</summary>
    internal PqfError? Missing { get; init; }

    /// <summary>What is odd about the annotations and is dealt with, a line each. Most files have none.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            string file = AnnotationsPath;
            foreach (string guess in Guesses)
                yield return guess;
            if (Instances.UnlistedCount > 0)
                yield return $"{file}: left out {Plural.Of(Instances.UnlistedCount, "annotation")} of images that are not listed";
            if (Instances.WithoutMask is [var bare, ..])
                yield return $"{file}: {Plural.Of(Instances.WithoutMask.Length, "object has", "objects have")} no outline, the first is "
                    + $"annotation {bare}: they count for boxes, not for masks";
            if (Instances.WithEmptyMask is [var empty, ..])
                yield return $"{file}: {Plural.Of(Instances.WithEmptyMask.Length, "object has", "objects have")} a mask without a pixel "
                    + $"in the box, the first is annotation {empty}: they count for boxes, not for masks; "
                    + "expected masks in pixels of the image";
            if (Instances.CrowdCount > 0 && Instances.CrowdCount == Instances.AnnotationCount)
                yield return $"{file}: all {Instances.CrowdCount} annotations are crowds: there is no object to learn or to find";
            foreach (string doubled in DoubledNames())
                yield return $"{file}: {doubled}";
            if (Labels.Note is { } note)
                yield return $"{file}: {note}";
        }
    }

    /// <summary>Opens the images to train on: those with objects, as <see cref="CocoTargets.IsTrainable"/> says.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error that names the folder or the file if it is missing, is not of the format, or has no image to train on.</returns>
    public static Result<CocoFolder, PqfError> OpenTraining(string path, ImageReader reader) =>
        OpenTraining(new CocoSource { Folder = path }, reader);

    /// <summary>Opens the images to train on, in a layout of any kind.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error as for a folder.</returns>
    public static Result<CocoFolder, PqfError> OpenTraining(CocoSource source, ImageReader reader) =>
        source
            .Find(CocoSplit.Training)
            .Bind(location => Open(location, reader, annotations => CocoTargets.IsTrainable(annotations)))
            .Bind(some => some.WithLosses());

    /// <summary>Opens the images to measure on: all.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error as for training.</returns>
    public static Result<CocoFolder, PqfError> OpenValidation(string path, ImageReader reader) =>
        OpenValidation(new CocoSource { Folder = path }, reader);

    /// <summary>Opens the images to measure on, in a layout of any kind.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error as for training.</returns>
    public static Result<CocoFolder, PqfError> OpenValidation(CocoSource source, ImageReader reader) =>
        source
            .Find(CocoSplit.Validation)
            .Bind(location => Open(location, reader, _ => true))
            .Bind<CocoFolder>(all => all.Images.IsEmpty ? new PqfError.File(all.AnnotationsPath, "has no images") : all);

    /// <summary>Opens the images to train on and those to measure on.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="reader">Decodes images.</param>
    /// <returns>An error as for each; also where one file would be both and was not named as both.</returns>
    public static Result<(CocoFolder Train, CocoFolder Validation), PqfError> OpenBoth(CocoSource source, ImageReader reader) =>
        from _ in source.CheckDistinct()
        from train in OpenTraining(source, reader)
        from validation in OpenValidation(source, reader)
        select (train, validation);

    /// <summary>The same images, if all their files are there.</summary>
    public Result<CocoFolder, PqfError> WithAllFiles() => Missing is { } missing ? missing : this;

    /// <summary>The same images, if a network has all their classes.</summary>
    /// <param name="classCount">Of the network, the background among them.</param>
    public Result<CocoFolder, PqfError> NumberedFor(int classCount) =>
        Labels.ClassCount <= classCount ? this
        : Labels.IsByNumber
            ? new PqfError.File(
                AnnotationsPath,
                $"has category {Instances.Categories[^1].Id} ({Instances.Categories[^1].Name}); expected numbers below "
                    + $"{classCount}, as the network has classes"
            )
        : new PqfError.File(
            AnnotationsPath,
            $"has {Plural.Of(Labels.ClassCount - 1, "category", "categories")}; expected at most {classCount - 1}, as the network has "
                + $"{Plural.Of(classCount, "class", "classes")}, one of them the background"
        );

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

    /// <summary>The images without their objects.</summary>
    public ImageSet Unlabelled => ImageSet.Of(Images.Select(PathOf), Reader);

    /// <summary>Decodes an image; may be called on several threads at once.</summary>
    /// <param name="index">Below the count of images.</param>
    /// <returns>An error as for <see cref="Load"/>.</returns>
    public Result<Photograph, PqfError> Decode(int index)
    {
        var image = Images[index];
        string path = PathOf(image);
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

    string PathOf(CocoImage image) => Path.Combine(ImagesPath, image.FileName);

    /// <summary>Names that several categories have, a root of Roboflow's without objects aside; a line each.</summary>
    IEnumerable<string> DoubledNames() =>
        Instances
            .Categories.Where(category => category.Id != 0 || Instances.HasCategory(0))
            .GroupBy(category => category.Key)
            .Where(group => group.Count() > 1)
            .Select(group => $"{Numbers([.. group])} called {group.First().Name}: they are told apart by their numbers");

    /// <summary><c>category 1 is</c>, <c>categories 1 and 2 are both</c>, <c>categories 1, 2, 5 are all</c>.</summary>
    internal static string Numbers(ImmutableArray<CocoCategory> categories) =>
        categories.Length switch
        {
            1 => $"category {categories[0].Id} is",
            2 => $"categories {categories[0].Id} and {categories[1].Id} are both",
            _ => $"categories {string.Join(", ", categories.Select(category => category.Id))} are all",
        };

    /// <summary>Says that the size fits if the orientation tag is taken the other way.</summary>
    string Turn(CocoImage image, PixelImage pixels) =>
        pixels.Orientation < Orientation.LeftTop || (pixels.Height, pixels.Width) != (image.Width, image.Height) ? ""
        : Reader.Exif == ExifOrientation.Apply
            ? $" when turned as its EXIF orientation {(int)pixels.Orientation} says (preprocessing.exif: ignore does not turn images)"
        : $" as stored, without the turn of its EXIF orientation {(int)pixels.Orientation} (preprocessing.exif: apply turns images)";

    static Result<CocoFolder, PqfError> Open(
        CocoLocation location,
        ImageReader reader,
        Func<ImmutableArray<CocoAnnotation>, bool> isUsed
    ) =>
        from instances in CocoFiles.ReadInstances(location.Annotations)
        let used = instances.Images.RemoveAll(image => !isUsed(instances.AnnotationsOf(image.Id)))
        from folder in CocoImageFolder.Of(location, used)
        from files in CocoImageFiles.Find(location, folder, used)
        select new CocoFolder(location.Annotations, folder, instances, files.Images, reader)
        {
            Guesses = [.. location.NoteOf(folder), .. files.Notes],
            Missing = files.Missing,
        };

    /// <summary>The images to train on, with lines about what is left out, or why there are none.</summary>
    Result<CocoFolder, PqfError> WithLosses()
    {
        if (Images.IsEmpty)
            return new PqfError.File(AnnotationsPath, "has no image with an object of more than a pixel");
        int without = Instances.Images.Length - Images.Length;
        int empty = Images.Sum(image => Instances.AnnotationsOf(image.Id).Count(annotation => CocoTargets.IsEmpty(image, annotation)));
        var lines = Guesses.ToBuilder();
        if (without > 0)
            lines.Add($"{AnnotationsPath}: left out {Plural.Of(without, "image")} without an object of more than a pixel");
        if (empty > 0)
            lines.Add($"{AnnotationsPath}: left out {Plural.Of(empty, "object")} whose box has no area in the image");
        return this with { Guesses = lines.ToImmutable() };
    }
}
