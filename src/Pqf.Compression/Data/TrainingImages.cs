using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Images to train and to validate on.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Validation">To validate on.</param>
/// <param name="Path">Where they are, for messages.</param>
public sealed record TrainingSets(ImageSet Train, ImageSet Validation, string Path = "");

/// <summary>Where labelled images are: one of two kinds of folder.</summary>
public sealed record ImageSource
{
    /// <summary>A folder with class folders in <c>train</c> and in <c>val</c>.</summary>
    public string? ImageFolder { get; init; }

    /// <summary>A folder of IDX files, as MNIST and its successors come.</summary>
    public string? IdxFolder { get; init; }

    /// <summary>Where the folder has no <c>train</c>: that many images of each class are trained on, the first by name, and the rest
    /// validate.</summary>
    public int? TrainImagesPerClass { get; init; }
}

/// <summary>Labelled images as they were found, before it is known how the network numbers its classes.</summary>
/// <param name="Count">Images to train on.</param>
/// <param name="ValidationCount">Images to validate on.</param>
/// <param name="ClassCount">Classes found.</param>
/// <param name="Channels">1 for grey images, 3 for colour.</param>
/// <param name="NumberedFor">The images, numbered for a network of so many classes.</param>
public sealed record TrainingImages(
    int Count,
    int ValidationCount,
    int ClassCount,
    int Channels,
    Func<int, Result<TrainingSets, PqfError>> NumberedFor
)
{
    /// <summary>Lists or reads the images of a folder.</summary>
    /// <param name="source">The folder.</param>
    /// <param name="reader">Decodes image files.</param>
    public static Result<TrainingImages, PqfError> Open(ImageSource source, ImageReader reader) =>
        source switch
        {
            { IdxFolder: { } path, ImageFolder: null } => Data
                .IdxFolder.Open(path)
                .Map(found => Of(new(found.Train, found.Test, path), found.ClassCount, 1)),
            { ImageFolder: { } path, IdxFolder: null } => OpenFolders(path, source.TrainImagesPerClass, reader),
            { ImageFolder: not null } => new PqfError.Config(
                "configuration",
                "dataloader.idx_path",
                "expected one of idx_path and imagenet_path, got both"
            ),
            _ => new PqfError.Config(
                "configuration",
                "dataloader.imagenet_path",
                "expected a folder of labelled images, here or in dataloader.idx_path, got none"
            ),
        };

    /// <summary>Images at hand, whose classes are numbered as the network's are.</summary>
    /// <param name="sets">The images.</param>
    /// <param name="classCount">Classes in them.</param>
    /// <param name="channels">1 for grey images, 3 for colour.</param>
    public static TrainingImages Of(TrainingSets sets, int classCount, int channels) =>
        new(
            sets.Train.Count,
            sets.Validation.Count,
            classCount,
            channels,
            wanted =>
                classCount <= wanted
                    ? sets
                    : new PqfError.File(sets.Path, $"holds {classCount} classes; expected those of a network of {wanted}")
        );

    static Result<TrainingImages, PqfError> OpenFolders(string path, int? trainImagesPerClass, ImageReader reader)
    {
        string train = Path.Combine(path, "train"),
            validation = Path.Combine(path, "val");
        if (trainImagesPerClass is { } count)
            return ImageFolder
                .Open(Directory.Exists(validation) && !Directory.Exists(train) ? validation : path)
                .Bind(CheckFull)
                .Bind(all => Split(path, all, count, reader));
        if (!Directory.Exists(train) || !Directory.Exists(validation))
            return new PqfError.File(
                path,
                "expected folders train and val in it; dataloader.train_images_per_class splits a folder that has only one of them"
            );
        return ImageFolder
            .Open(train)
            .Bind(CheckFull)
            .Bind(trained =>
                ImageFolder
                    .Open(validation)
                    .Bind(CheckFull)
                    .Bind<TrainingImages>(validated =>
                        Difference(trained.Folders.Keys, validated.Folders.Keys) is { } difference
                            ? new PqfError.File(path, $"expected the same classes in train and val; {difference}")
                            : Of(path, trained, validated, reader)
                    )
            );
    }

    static Result<ImageFolder, PqfError> CheckFull(ImageFolder folder) =>
        folder.Folders.FirstOrDefault(pair => pair.Value == 0) is { Key: { } empty }
            ? new PqfError.File(empty, "holds no images; expected some of every class")
            : folder;

    static string? Difference(IEnumerable<string> train, IEnumerable<string> validation)
    {
        string[] trained = [.. train.Select(Path.GetFileName)!],
            validated = [.. validation.Select(Path.GetFileName)!];
        return trained.Except(validated).FirstOrDefault() is { } untested ? $"{untested} is in train alone"
            : validated.Except(trained).FirstOrDefault() is { } unseen ? $"{unseen} is in val alone"
            : null;
    }

    static Result<TrainingImages, PqfError> Split(string path, ImageFolder all, int count, ImageReader reader)
    {
        var train = all.Images.GroupBy(image => image.Class).SelectMany(images => images.Take(count)).ToImmutableArray();
        return all.Images.GroupBy(image => image.Class).FirstOrDefault(images => images.Count() <= count) is { } small
            ? new PqfError.Config(
                "configuration",
                "dataloader.train_images_per_class",
                $"expected fewer than the {small.Count()} images of {Path.GetDirectoryName(small.First().Path)}, got {count}: none "
                    + $"would be left to validate on"
            )
            : Of(path, all with { Images = train }, all with { Images = [.. all.Images.Except(train)] }, reader);
    }

    static TrainingImages Of(string path, ImageFolder train, ImageFolder validation, ImageReader reader) =>
        new(
            train.Images.Length,
            validation.Images.Length,
            train.Classes.Count,
            3,
            classCount =>
                train
                    .NumberedFor(path, classCount)
                    .Bind(trained =>
                        validation
                            .NumberedFor(path, classCount)
                            .Map(validated => new TrainingSets(
                                new ImageSet.Files(trained, reader),
                                new ImageSet.Files(validated, reader),
                                path
                            ))
                    )
        );
}
