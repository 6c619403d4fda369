using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Images to train and to validate on.</summary>
sealed record TrainingSets(ImageSet Train, ImageSet Validation);

/// <summary>Labelled images as they were found, before it is known how the network numbers its classes.</summary>
/// <param name="Count">Images to train on.</param>
/// <param name="ClassCount">Classes found.</param>
/// <param name="Channels">1 for grey images, 3 for colour.</param>
/// <param name="NumberedFor">The images, numbered for a network of so many classes.</param>
sealed record TrainingImages(int Count, int ClassCount, int Channels, Func<int, Result<TrainingSets, PqfError>> NumberedFor)
{
    /// <summary>Opens what the configuration names.</summary>
    public static Result<TrainingImages, PqfError> Open(DataloaderConfig config) =>
        config switch
        {
            { IdxPath: { } path, ImagenetPath: null } => IdxFolder.Open(path).Map(found => Of(path, found)),
            { ImagenetPath: { } path, IdxPath: null } => OpenFolders(path, config.TrainImagesPerClass),
            { ImagenetPath: not null } => new PqfError.Config(
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

    static TrainingImages Of(string path, IdxFolder found) =>
        new(
            found.Train.Count,
            found.ClassCount,
            1,
            classCount =>
                found.ClassCount <= classCount
                    ? new TrainingSets(found.Train, found.Test)
                    : new PqfError.File(path, $"holds {found.ClassCount} classes; expected those of a network of {classCount}")
        );

    static Result<TrainingImages, PqfError> OpenFolders(string path, int? trainImagesPerClass)
    {
        string train = Path.Combine(path, "train"),
            validation = Path.Combine(path, "val");
        if (trainImagesPerClass is { } count)
            return ImageFolder
                .Open(Directory.Exists(validation) && !Directory.Exists(train) ? validation : path)
                .Bind(CheckFull)
                .Bind(all => Split(path, all, count));
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
                            : Of(path, trained, validated)
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

    static Result<TrainingImages, PqfError> Split(string path, ImageFolder all, int count)
    {
        var train = all.Images.GroupBy(image => image.Class).SelectMany(images => images.Take(count)).ToImmutableArray();
        return all.Images.GroupBy(image => image.Class).FirstOrDefault(images => images.Count() <= count) is { } small
            ? new PqfError.Config(
                "configuration",
                "dataloader.train_images_per_class",
                $"expected fewer than the {small.Count()} images of {Path.GetDirectoryName(small.First().Path)}, got {count}: none would be left to validate on"
            )
            : Of(path, all with { Images = train }, all with { Images = [.. all.Images.Except(train)] });
    }

    static TrainingImages Of(string path, ImageFolder train, ImageFolder validation) =>
        new(
            train.Images.Length,
            train.Classes.Count,
            3,
            classCount =>
                train
                    .NumberedFor(path, classCount)
                    .Bind(trained =>
                        validation
                            .NumberedFor(path, classCount)
                            .Map(validated => new TrainingSets(new ImageSet.Files(trained), new ImageSet.Files(validated)))
                    )
        );
}
