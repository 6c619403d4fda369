using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Images to train and to validate on.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Validation">To validate on.</param>
/// <param name="Path">Where they are, for messages.</param>
public sealed record TrainingSets(ImageSet Train, ImageSet Validation, string Path = "");

/// <summary>The folder of labelled images, of one of two kinds.</summary>
public sealed record ImageSource
{
    /// <summary>A folder with class folders in <c>train</c> and in <c>val</c>.</summary>
    public string? ImageFolder { get; init; }

    /// <summary>A folder of IDX files, as MNIST and its successors come.</summary>
    public string? IdxFolder { get; init; }

    /// <summary>Number of images of each class to train on, the first by name; the rest validate. For a folder without
    /// <c>train</c>.</summary>
    public int? TrainImagesPerClass { get; init; }

    /// <summary>The part of the images to train on that validates in place of all others; null for none.</summary>
    public HeldBack? HeldBack { get; init; }

    /// <summary>The error of a source without a folder.</summary>
    public static PqfError Missing { get; } =
        new PqfError.Config(
            "command line",
            "--data",
            "expected a folder of labelled images, here, in dataloader.imagenet_path or in dataloader.idx_path, got none"
        );
}

/// <summary>Labelled images as they were found, before it is known how the network numbers its classes.</summary>
/// <param name="Sets">The images; classes are ranks in <paramref name="Classes"/>.</param>
/// <param name="Classes">Names of the classes; their numbers where they have no names.</param>
/// <param name="Channels">1 for grey images, 3 for colour.</param>
public sealed record TrainingImages(TrainingSets Sets, ImmutableArray<string> Classes, int Channels)
{
    /// <summary>What was left out, a line each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The names are the numbers 0, 1, … themselves.</summary>
    public bool AreNumbered => Classes.All(name => ClassMatch.NumberOf(name, Classes.Length) >= 0);

    /// <summary>Lists or reads the images of a folder.</summary>
    /// <param name="source">The folder.</param>
    /// <param name="reader">Decodes image files.</param>
    public static Result<TrainingImages, PqfError> Open(ImageSource source, ImageReader reader) =>
        source switch
        {
            { HeldBack: not null, TrainImagesPerClass: not null } => new PqfError.Config(
                "configuration",
                "dataloader.validation_fraction",
                "expected one of validation_fraction and train_images_per_class, got both"
            ),
            { IdxFolder: { } path, ImageFolder: null } => Data
                .IdxFolder.Open(path)
                .Map(found => Of(new(found.Train, found.Test, path), found.ClassCount, 1))
                .Bind(images => source.HeldBack is { } part ? images.Split(part, $"{path}: t10k is not used") : images),
            { ImageFolder: { } path, IdxFolder: null, HeldBack: { } part } => OpenFolder(path, part, reader),
            { ImageFolder: { } path, IdxFolder: null } => OpenFolders(path, source.TrainImagesPerClass, reader),
            { ImageFolder: not null } => new PqfError.Config(
                "configuration",
                "dataloader.idx_path",
                "expected one of idx_path and imagenet_path, got both"
            ),
            _ => ImageSource.Missing,
        };

    /// <summary>Images at hand, whose classes have numbers and no names.</summary>
    /// <param name="sets">The images.</param>
    /// <param name="classCount">Classes in them.</param>
    /// <param name="channels">1 for grey images, 3 for colour.</param>
    public static TrainingImages Of(TrainingSets sets, int classCount, int channels) =>
        new(sets, [.. Enumerable.Range(0, classCount).Select(number => number.ToString(CultureInfo.InvariantCulture))], channels);

    /// <summary>Which class of a network each class is.</summary>
    /// <param name="network">The network's classes.</param>
    /// <returns>The match, full or not; an error where names are ambiguous.</returns>
    public Result<ClassMatch, PqfError> Match(NetworkClasses network) => ClassMatch.Of(Sets.Path, Classes, network);

    /// <summary>The images, with classes numbered as a network numbers them.</summary>
    /// <param name="network">The network's classes.</param>
    /// <param name="progress">Receives a note where their numbers are guessed.</param>
    /// <returns>An error that lists the classes that the network does not have.</returns>
    public Result<TrainingSets, PqfError> NumberedFor(NetworkClasses network, IProgress<JobProgress>? progress = null) =>
        ClassMatch
            .Full(Sets.Path, Classes, network)
            .Map(match =>
            {
                if (match.Note(Sets.Path, Classes, network) is { } guess)
                    progress.Note(guess);
                return Sets with
                {
                    Train = new ImageSet.Renumbered(Sets.Train, match.Numbers),
                    Validation = new ImageSet.Renumbered(Sets.Validation, match.Numbers),
                };
            });

    /// <summary>The images to train on, a part of which validates.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="left">What is said of other images to validate on; null where there are none.</param>
    Result<TrainingImages, PqfError> Split(HeldBack part, string? left) =>
        part.Split(Sets.Path, Sets.Train, Classes)
            .Map(split => this with { Sets = split.Sets, Notes = [.. Notes, .. split.Notes, .. left is null ? [] : (string[])[left]] });

    static Result<TrainingImages, PqfError> OpenFolder(string path, HeldBack part, ImageReader reader)
    {
        var (train, validation) = ImageFolder.Parts(path, reader);
        return ImageFolder
            .Open(train ?? validation ?? path, reader)
            .Bind(all =>
            {
                var images = new ImageSet.Files(all.Images, reader) { Folder = path };
                return new TrainingImages(new(images, images, path), all.Classes, 3) { Notes = all.Notes }.Split(
                    part,
                    train is null || validation is null ? null : $"{path}: the images of {validation} are not used"
                );
            });
    }

    static Result<TrainingImages, PqfError> OpenFolders(string path, int? trainImagesPerClass, ImageReader reader)
    {
        var (train, validation) = ImageFolder.Parts(path, reader);
        if (trainImagesPerClass is { } count && (train is null || validation is null))
            return ImageFolder.Open(train ?? validation ?? path, reader).Bind(all => Split(path, all, count, reader));
        if (FolderWalk.Check(path, "images") is Result<Unit, PqfError>.Error(var missing))
            return missing;
        if (train is null || validation is null)
            return
                train is null && validation is null && ImageFolder.Open(path, reader) is Result<ImageFolder, PqfError>.Error(var unlisted)
                ? unlisted // not even one folder to split
                : new PqfError.File(
                    path,
                    (
                        train is not null ? "found train, no val; "
                        : validation is not null ? "found val, no train; "
                        : ""
                    )
                        + "expected folders train and val in it; to split the images of one folder, set "
                        + "dataloader.validation_fraction (0.1, for example) or dataloader.train_images_per_class"
                );
        return from trained in ImageFolder.Open(train, reader)
            from validated in ImageFolder.Open(validation, reader)
            from match in SameClasses(path, trained.Classes, validated.Classes)
            select new TrainingImages(
                new(
                    new ImageSet.Files(trained.Images, reader) { Folder = path },
                    new ImageSet.Renumbered(new ImageSet.Files(validated.Images, reader) { Folder = path }, match.Numbers),
                    path
                ),
                trained.Classes,
                3
            )
            {
                Notes = [.. trained.Notes, .. validated.Notes, .. UntestedNote(path, Untested(trained.Classes, match))],
            };
    }

    /// <summary>Which class to train on each class to validate on is. Not all of them need be there, but no others.</summary>
    static Result<ClassMatch, PqfError> SameClasses(string path, ImmutableArray<string> train, ImmutableArray<string> validation) =>
        ClassMatch
            .ByName(path, validation, NetworkClasses.Named(train))
            .Bind<ClassMatch>(match =>
            {
                ImmutableArray<string> unseen = [.. validation.Where((_, i) => match.Numbers[i] < 0)],
                    untested = Untested(train, match);
                return unseen.IsEmpty
                    ? match
                    : new PqfError.File(
                        path,
                        "expected the classes of train in val; "
                            + (untested.IsEmpty ? "" : $"in train alone: {ClassMatch.Cut(untested)}; ")
                            + $"in val alone: {ClassMatch.Cut(unseen)}"
                    );
            });

    /// <summary>Classes to train on that no image to validate on shows.</summary>
    static ImmutableArray<string> Untested(ImmutableArray<string> train, ClassMatch match) =>
        [.. train.Where((_, number) => !match.Numbers.Contains(number))];

    static ImmutableArray<string> UntestedNote(string path, ImmutableArray<string> untested) =>
        untested.IsEmpty ? [] : [$"{path}: val has no images of {ClassMatch.Cut(untested)}: how well they are learnt is not measured"];

    static Result<TrainingImages, PqfError> Split(string path, ImageFolder all, int count, ImageReader reader)
    {
        var train = all.Images.GroupBy(image => image.Class).SelectMany(images => images.Take(count)).ToImmutableArray();
        return all.Images.GroupBy(image => image.Class).FirstOrDefault(images => images.Count() <= count) is { } small
            ? new PqfError.Config(
                "configuration",
                "dataloader.train_images_per_class",
                $"expected fewer than the {Plural.Of(small.Count(), "image")} of "
                    + $"{Path.GetDirectoryName(small.First().Path)}, got {count}: none "
                    + $"would be left to validate on"
            )
            : new TrainingImages(
                new(
                    new ImageSet.Files(train, reader) { Folder = path },
                    new ImageSet.Files([.. all.Images.Except(train)], reader) { Folder = path },
                    path
                ),
                all.Classes,
                3
            )
            {
                Notes =
                [
                    .. all.Notes,
                    $"{path}: of each class the first {Plural.Of(count, "image")} by name {(count == 1 ? "is" : "are")} trained on, the "
                        + $"other {all.Images.Length - train.Length} "
                        + "in all validate",
                ],
            };
    }
}
