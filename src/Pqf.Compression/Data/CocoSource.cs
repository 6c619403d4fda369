using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>Where images and annotations in COCO's format are. Paths that are given come first; the others are searched for in the
/// folder.</summary>
public sealed record CocoSource
{
    /// <summary>A folder in the layout of COCO, Roboflow, CVAT, labelme, SAHI or FiftyOne; null where all is named.</summary>
    public string? Folder { get; init; }

    /// <summary>The file of annotations to train on.</summary>
    public string? TrainAnnotations { get; init; }

    /// <summary>The folder of images to train on.</summary>
    public string? TrainImages { get; init; }

    /// <summary>The file of annotations to measure on.</summary>
    public string? ValAnnotations { get; init; }

    /// <summary>The folder of images to measure on.</summary>
    public string? ValImages { get; init; }

    /// <summary>The annotations of a part, and its images where they are known before the file is read.</summary>
    /// <returns>An error that names the key or lists the candidates, where a file is not found or is one of several.</returns>
    internal Result<CocoLocation, PqfError> Find(CocoSplit split)
    {
        var (annotations, images) =
            split == CocoSplit.Training ? (TrainAnnotations, TrainImages) : ((string?)ValAnnotations, (string?)ValImages);
        if (images is not null && !Directory.Exists(images))
            return new PqfError.File(
                images,
                $"{(File.Exists(images) ? "is a file" : "not found")}; expected a folder of images, as {split.ImagesKey} says"
            );
        if (annotations is not null && !File.Exists(annotations))
            return new PqfError.File(
                annotations,
                $"{(Directory.Exists(annotations) ? "is a folder" : "not found")}; expected a JSON file of annotations, as "
                    + $"{split.AnnotationsKey} says"
            );
        if (annotations is not null)
            return new CocoLocation(split, annotations, images, Folder) { IsGiven = true };
        if ((Folder ?? images) is not { } folder)
            return new PqfError.Config(
                "command line",
                "--data",
                $"expected a folder with {(split == CocoSplit.Training ? "train2017, " : "")}val2017 and annotations, here or in "
                    + "dataloader.coco_path, got none; "
                    + $"a file of annotations may be named in {split.AnnotationsKey}, too"
            );
        return CocoLayout.Find(folder, split).Map(found => found with { Images = images ?? found.Images });
    }

    /// <summary>Checks that a file is not found both to train and to measure on: a network measured on what it learnt looks better than
    /// it is. Who names one file twice means it.</summary>
    internal Result<Unit, PqfError> CheckDistinct() =>
        from train in Find(CocoSplit.Training)
        from validation in Find(CocoSplit.Validation)
        from _ in train.IsGiven && validation.IsGiven || !RealPath.AreSame(train.Annotations, validation.Annotations)
            ? default(Unit)
            : (Result<Unit, PqfError>)
                new PqfError.File(
                    train.Annotations,
                    "is the one file of annotations found; expected one to train on and another to measure on, as train and val, or their "
                        + $"names in {CocoSplit.Training.AnnotationsKey} and {CocoSplit.Validation.AnnotationsKey}"
                )
        select _;
}

/// <summary>Where a part of a data set is.</summary>
/// <param name="Split">Which part.</param>
/// <param name="Annotations">The file of annotations.</param>
/// <param name="Images">The folder of images; null where the names in the file decide.</param>
/// <param name="Folder">The data set's folder, if there is one.</param>
sealed record CocoLocation(CocoSplit Split, string Annotations, string? Images, string? Folder)
{
    /// <summary>Whether the file was named, not found.</summary>
    public bool IsGiven { get; init; }

    /// <summary>Whether the file is where COCO's own is.</summary>
    public bool IsOwn { get; init; }

    /// <summary>A line about what was found elsewhere than where COCO has it, if anything was.</summary>
    /// <param name="images">The folder of images.</param>
    public IEnumerable<string> NoteOf(string images)
    {
        if (!(IsGiven && Images is not null) && !(IsOwn && Images == images))
            yield return $"{Split.Name}: {Annotations} with images in {images}";
    }

    /// <summary>The folder that the annotations are in.</summary>
    public string AnnotationsFolder => Path.GetDirectoryName(Annotations) is { Length: > 0 } folder ? folder : ".";
}
