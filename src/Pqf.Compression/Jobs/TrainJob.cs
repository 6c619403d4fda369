using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Jobs;

/// <summary>Trains a network: from images and weights to files of networks, states and logs.</summary>
public static class TrainJob
{
    /// <summary>Names of stages that every training has.</summary>
    public const string StartStage = "Start",
        DecodingStage = "Decoding",
        OptimizerStage = "Optimizer",
        ValidationStage = "Validation",
        SavingStage = "Saving";

    /// <summary>Runs to the last epoch.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="open">Opens the images: <see cref="Training.ClassifierTraining.Open"/>, for example.</param>
    /// <param name="device">Where to run; new tensors belong to its innermost scope.</param>
    /// <param name="progress">Receives stages, notes and results.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>, once the state is saved.</param>
    /// <typeparam name="TBatch">Examples of one step.</typeparam>
    /// <returns>What the run gave, or the first error; the last state that was saved is untouched then.</returns>
    public static Result<TrainResult, PqfError> Run<TBatch>(
        TrainOptions options,
        OpenTraining<TBatch> open,
        Device device,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var (run, folder) = (new TrainingRun(options, device, progress, cancellation), new TrainingFolder(options.Folder));
        using var locks = new FolderLocks();
        var result =
            from kind in options.Ranks.Agree(() => open(run))
            from _ in TrainingRanks.CheckSame(options, TrainingSettings.Of(options, kind))
            from trained in new TrainingSession<TBatch>(run, folder, kind, locks).Run()
            select trained;
        options.AfterStage(SavingStage);
        return result;
    }
}
