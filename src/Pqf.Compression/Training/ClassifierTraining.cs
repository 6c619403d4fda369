using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
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

    /// <summary>Whether the file gives the network alone: its weights are drawn newly.</summary>
    public bool HasRandomWeights { get; init; }

    /// <summary>What wins over the file. Of a random network, the architecture.</summary>
    public NetworkOverrides Overrides { get; init; } = new();

    /// <summary>How training images vary.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Share of each label that is spread over all classes, 0 to 1.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>A network to learn from beside the labels; null for none.</summary>
    public TeacherFile? Teacher { get; init; }

    /// <summary>Opens the images.</summary>
    public Result<TrainingKind<LabelledBatch>, PqfError> Open(TrainingRun run) =>
        Images()
            .Bind(images =>
            {
                int count = images.Sets.Train.Count;
                return MicroBatches.Check(run.Options, DefaultBatchSize, count, count).Map(_ => Kind(run, images));
            });

    static int BatchSizeOf(TrainingRun run, TrainingImages images) =>
        Math.Min(run.Options.BatchSize ?? DefaultBatchSize, images.Sets.Train.Count);

    static int MicroBatchOf(TrainingRun run, TrainingImages images) => MicroBatches.Size(run.Options, BatchSizeOf(run, images));

    TrainingKind<LabelledBatch> Kind(TrainingRun run, TrainingImages images)
    {
        int batchSize = BatchSizeOf(run, images);
        return new()
        {
            Notes = images.Notes,
            ImageCount = images.Sets.Train.Count,
            ValidationCount = images.Sets.Validation.Count,
            BatchSize = batchSize,
            BatchCount = (images.Sets.Train.Count + batchSize - 1) / batchSize,
            Measured = [Classification.Accuracy, Metrics.Loss],
            Settings = MicroBatches.Stored(Settings(), run.Options, batchSize),
            Start = () => ClassifierStart.Open(this, run, images),
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

    Result<TrainingData<LabelledBatch>, PqfError> Data(TrainingRun run, TrainingImages images, PqfModel model, int batchSize)
    {
        if (Augmentation.Padding >= model.Preprocessing.Crop)
            return new PqfError.Config(
                "configuration",
                "preprocessing.padding",
                $"expected less than crop ({model.Preprocessing.Crop}), got {Augmentation.Padding}"
            );
        int micro = MicroBatchOf(run, images),
            smallest = images.Sets.Train.Count % micro == 0 ? micro : images.Sets.Train.Count % micro;
        var classes = NetworkClasses.Of(model);
        return from fit in Network.CheckPhotographs(Weights ?? "", model)
            from sets in images.NumberedFor(classes, run.Progress)
            from _ in Classification.Check(model.Graph, model.Preprocessing.InputShape(smallest))
            let batches = new LabelledBatches(sets, model.Preprocessing, BatchesOf(run, batchSize), run.Key, run.Cancellation)
            let data = batches.Data
            select new TrainingData<LabelledBatch>
            {
                CalibrationImages = sets.Train,
                Validate = network => Validate(run, network, data),
                ValidateAlone = network => Validate(run, network, batches.Alone),
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

    static Result<Metrics, PqfError> Validate(TrainingRun run, PqfModel network, LabelledData data) =>
        Classification.Validate(network.Graph, network.Parameters, data, run.Cancellation);

    BatchOptions BatchesOf(TrainingRun run, int batchSize) =>
        new()
        {
            BatchSize = batchSize,
            MicroBatch = run.Options.MicroBatch,
            Ranks = run.Options.Ranks,
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
        var (classes, inChannels) = (NetworkClasses.Of(student), student.Architecture.InChannels);
        // Its architecture is its own: only classes and images must be the same.
        return Network
            .Load(path, run.Device, Overrides with { Arch = null, Width = null, ClassCount = null, ClassNames = [] })
            .Map(network =>
            {
                foreach (string note in NetworkText.Notes(network))
                    run.Progress.Note(note);
                return network;
            })
            .Bind<Teacher?>(network =>
                network.Architecture.ClassCount != classes.Count || network.Architecture.InChannels != inChannels
                    ? new PqfError.File(
                        path,
                        $"has {Plural.Of(network.Architecture.ClassCount, "class", "classes")} and "
                            + $"{Plural.Of(network.Architecture.InChannels, "input channel")}; "
                            + $"expected {classes.Count} and {inChannels}, as the network that learns from it"
                    )
                : NetworkClasses.Of(network.Model).Difference(classes) is { } number
                    ? new PqfError.File(
                        path,
                        $"calls class {number} {network.ClassNames[number]}; expected {classes.Names[number]}, as the network that learns "
                            + "from it"
                    )
                : new Teacher(InferencePlan.Compile(network.Graph.Logits(), network.Parameters, run.Device, data.BatchShape), mix)
            );
    }
}
