using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>A network's file that is learnt from beside the labels.</summary>
/// <param name="Path">The file.</param>
/// <param name="Mix">How much.</param>
public sealed record TeacherFile(string Path, TeacherMix Mix);

/// <summary>Training of classifiers, for <see cref="TrainJob"/>.</summary>
public sealed record ClassifierTraining
{
    const int DefaultBatchSize = 64;

    /// <summary>Opens the images: <see cref="TrainingImages.Open"/>, for example.</summary>
    public required Func<Result<TrainingImages, PqfError>> Images { get; init; }

    /// <summary>The network to begin with; null for random weights.</summary>
    public string? Weights { get; init; }

    /// <summary>What wins over the file. Of a random network, the architecture.</summary>
    public NetworkOverrides Overrides { get; init; } = new();

    /// <summary>How training images vary.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Share of each label that is spread over all classes, 0 to 1.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>A network to learn from beside the labels; null for none.</summary>
    public TeacherFile? Teacher { get; init; }

    /// <summary>Opens the images.</summary>
    public Result<TrainingKind<LabelledBatch>, PqfError> Open(TrainingRun run) => Images().Map(images => Kind(run, images));

    TrainingKind<LabelledBatch> Kind(TrainingRun run, TrainingImages images)
    {
        int batchSize = Math.Min(run.Options.BatchSize ?? DefaultBatchSize, images.Count);
        return new()
        {
            ImageCount = images.Count,
            ValidationCount = images.ValidationCount,
            BatchSize = batchSize,
            BatchCount = (images.Count + batchSize - 1) / batchSize,
            Settings = Settings(),
            Start = () => Weights is null ? Random(run, images) : Network.Load(Weights, run.Device, Overrides, NetworkTask.Classification),
            StartName = model => model.Compression is null ? "start" : "calibrated",
            For = model => Data(run, images, model, batchSize),
        };
    }

    ImmutableSortedDictionary<string, string> Settings() =>
        new Dictionary<string, string>
        {
            ["label_smoothing"] = string.Create(CultureInfo.InvariantCulture, $"{LabelSmoothing}"),
            ["distillation"] = Teacher is null
                ? "none"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path.GetFileName(Teacher.Path)} of weight {Teacher.Mix.Weight} at temperature {Teacher.Mix.Temperature}"
                ),
            ["preprocessing"] =
                $"padding {Augmentation.Padding}, random_crop {Augmentation.RandomCrop}, random_flip {Augmentation.RandomFlip}",
        }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>A network of random weights, with the images' classes and channels where the overrides do not say.</summary>
    Result<Network, PqfError> Random(TrainingRun run, TrainingImages images)
    {
        if (run.Options.Compression is not null)
            return new PqfError.Config(
                "command line",
                "--weights",
                "expected a network to compress, got none; --model.compress false trains one from scratch"
            );
        var architecture = new Architecture(
            Overrides.Arch ?? "",
            Overrides.ClassCount ?? images.ClassCount,
            Overrides.InChannels ?? images.Channels,
            Overrides.Width
        );
        return from graph in Networks.Build(architecture, NetworkTask.Classification)
            from network in Network.New(architecture, graph, Initialise.Random(graph, run.Device, run.Key.Fold("initialise")), Overrides)
            select network;
    }

    Result<TrainingData<LabelledBatch>, PqfError> Data(TrainingRun run, TrainingImages images, PqfModel model, int batchSize)
    {
        if (Augmentation.Padding >= model.Preprocessing.Crop)
            return new PqfError.Config(
                "configuration",
                "preprocessing.padding",
                $"expected less than crop ({model.Preprocessing.Crop}), got {Augmentation.Padding}"
            );
        int smallest = images.Count % batchSize == 0 ? batchSize : images.Count % batchSize;
        return from sets in images.NumberedFor(model.Architecture.ClassCount)
            from _ in Classification.Check(model.Graph, model.Preprocessing.InputShape(smallest))
            let data = new LabelledBatches(sets, model.Preprocessing, BatchesOf(run, batchSize), run.Key, run.Cancellation).Data
            select new TrainingData<LabelledBatch>
            {
                CalibrationImages = sets.Train,
                Validate = network => Classification.Validate(network.Graph, network.Parameters, data, run.Cancellation),
                Task = network =>
                    OpenTeacher(run, network, data)
                        .Map(teacher =>
                            Classification.Task(
                                network.Graph,
                                network.Parameters,
                                new ClassificationOptions { LabelSmoothing = (float)LabelSmoothing, Teacher = teacher },
                                data
                            )
                        ),
            };
    }

    BatchOptions BatchesOf(TrainingRun run, int batchSize) =>
        new()
        {
            BatchSize = batchSize,
            ThreadCount = run.Options.LoaderThreadCount,
            IsShuffled = run.Options.IsShuffled,
            Augmentation = Augmentation,
            Skipped = run.Options.SkipsCorrupt ? run.Skipped : null,
            Validated = done => run.Progress?.Report(new JobProgress.Advanced(done)),
        };

    Result<Teacher?, PqfError> OpenTeacher(TrainingRun run, PqfModel student, LabelledData data)
    {
        if (Teacher is not var (path, mix))
            return (Teacher?)null;
        var (classCount, inChannels) = (student.Architecture.ClassCount, student.Architecture.InChannels);
        // Its architecture is its own: only classes and images must be the same.
        return Network
            .Load(path, run.Device, Overrides with { Arch = null, Width = null, NewHead = null })
            .Bind<Teacher?>(network =>
                network.Architecture.ClassCount != classCount || network.Architecture.InChannels != inChannels
                    ? new PqfError.File(
                        path,
                        $"has {network.Architecture.ClassCount} classes and {network.Architecture.InChannels} input channels; "
                            + $"expected {classCount} and {inChannels}, as the network that learns from it"
                    )
                    : new Teacher(InferencePlan.Compile(network.Graph, network.Parameters, run.Device, data.BatchShape), mix)
            );
    }
}
