using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Jobs;

/// <summary>How a network is trained, whatever it is for. Defaults: paper, section 5.</summary>
public sealed record TrainOptions
{
    /// <summary>Folder of networks, states and logs.</summary>
    public required string Folder { get; init; }

    /// <summary>The state that the run resumes from: a number of epochs, a file, or empty for the one that is furthest. Null begins a new
    /// run.</summary>
    public string? Resume { get; init; }

    /// <summary>Called once the run's folder is made.</summary>
    public Action AfterPreparing { get; init; } = () => { };

    /// <summary>Text that the run's folder keeps beside its states, so that a caller can resume with the same settings; null for
    /// none.</summary>
    public string? Configuration { get; init; }

    /// <summary>The command that resumes the run, for a line to a person when it is cancelled; null for none.</summary>
    public string? ResumeCommand { get; init; }

    /// <summary>How the network is compressed before it is trained; null trains it as it is.</summary>
    public CompressOptions? Compression { get; init; }

    /// <summary>One seed, one result, whatever the number of threads.</summary>
    public long Seed { get; init; }

    /// <summary>Passes over the images.</summary>
    public int Epochs { get; init; } = 9;

    /// <summary>Epochs in a row without a better one after which the training ends; null for none.</summary>
    public int? Patience { get; init; }

    /// <summary>The metric of the validation that decides which epoch is the best; null leaves it to the kind of network. Higher is better,
    /// but for the loss.</summary>
    public string? BestMetric { get; init; }

    /// <summary>Learning rate of the first step.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How gradients change parameters.</summary>
    public Optimizer Optimizer { get; init; } = new Optimizer.Adam();

    /// <summary>How the learning rate changes, from the number of steps of the whole run.</summary>
    public Func<int, Schedule> Schedule { get; init; } = stepCount => new Schedule.Cosine(stepCount, 1e-6);

    /// <summary>The last epoch, counted from 0, that counts as done when a run begins; −1 for none.</summary>
    public int LastEpoch { get; init; } = -1;

    /// <summary>Begin without measuring first.</summary>
    public bool SkipInitialValidation { get; init; }

    /// <summary>Images of a batch; null leaves it to the kind of network.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Images of a batch that are in memory together, and whose statistics norms take; divides the batch size. Null for all of
    /// them.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>The processes of the run. The steps are the same for any number of them.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

    /// <summary>Bytes of gradients that processes exchange together, while those of earlier layers are still to come; 0 exchanges all
    /// after the way back. Results do not depend on it.</summary>
    public int BucketBytes { get; init; } = TrainingOptions.DefaultBucketBytes;

    /// <summary>Name and version of the program. All ranks must run the same one.</summary>
    public string Program { get; init; } = "";

    /// <summary>Each epoch has an order of its own.</summary>
    public bool IsShuffled { get; init; } = true;

    /// <summary>Leave out images that cannot be decoded. By default such an image is an error.</summary>
    public bool SkipsCorrupt { get; init; }

    /// <summary>Threads that decode images, at least 1.</summary>
    public int LoaderThreadCount { get; init; } = 1;

    /// <summary>Threads of the host for what does not run on the device; 0 takes all cores.</summary>
    public int HostThreadCount { get; init; }

    /// <summary>Kinds of file that networks are written as beside <c>.pqf</c> and <c>.pth</c>.</summary>
    public ImmutableArray<ModelFormat> Formats { get; init; } = [];

    /// <summary>For TensorBoard and for savings within an epoch. Without a clock there are neither.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Time between two savings within an epoch.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Name of the machine, for TensorBoard.</summary>
    public string Machine { get; init; } = "pqf";

    /// <summary>More that a run must have in common with the one that it resumes.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Called after each stage of the work, for measurements; <see cref="TrainJob.OptimizerStage"/> is the last one of a
    /// step.</summary>
    public Action<string> AfterStage { get; init; } = _ => { };
}

/// <summary>What a run has beside its options.</summary>
/// <param name="Options">How to train.</param>
/// <param name="Device">Where; new tensors belong to its innermost scope.</param>
/// <param name="Progress">Receives stages, notes and results.</param>
/// <param name="Cancellation">Ends the run between two steps; the state is saved first.</param>
public sealed record TrainingRun(TrainOptions Options, Device Device, IProgress<JobProgress>? Progress, CancellationToken Cancellation)
{
    /// <summary>The run's random key.</summary>
    public RngKey Key => RngKey.FromSeed(Options.Seed);

    /// <summary>Images that were left out.</summary>
    public SkippedImages Skipped { get; } = new(error => Progress.Note($"skipped {error.Message}"));
}

/// <summary>What a training gave.</summary>
/// <param name="Progress">Epochs and validations.</param>
/// <param name="BestPath">The best epoch's network, as a <c>.pqf</c> file.</param>
/// <param name="SkippedCount">Images that were left out.</param>
public sealed record TrainResult(TrainingProgress Progress, string BestPath, int SkippedCount)
{
    /// <summary>Name of the metric that decides which epoch is the best.</summary>
    public required string BestMetric { get; init; }

    /// <summary>The network before the first epoch, where it is better than that of every epoch; null where an epoch is as good, or where
    /// it was not measured.</summary>
    public BetterStart? BetterStart => BetterStart.Of(Progress, BestMetric, BestPath);

    /// <summary>The network that was trained, and its size.</summary>
    public required NetworkSummary Network { get; init; }
}
