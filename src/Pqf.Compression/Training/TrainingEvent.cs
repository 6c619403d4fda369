using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Progress of a training.</summary>
public abstract record TrainingEvent : CompressionEvent
{
    TrainingEvent() { }

    /// <summary>One step is done. The state may be saved now: a run that resumes from it takes the same next step.</summary>
    /// <param name="Progress">After the step.</param>
    /// <param name="Batch">On the step's examples, before the step.</param>
    /// <param name="LearningRate">Of the step.</param>
    public sealed record Stepped(TrainingProgress Progress, Metrics Batch, double LearningRate) : TrainingEvent;

    /// <summary>What comes next is a validation; asking for the next event runs it.</summary>
    public sealed record Validating : TrainingEvent;

    /// <summary>An epoch is done and validated. The state may be saved now.</summary>
    /// <param name="Progress">At the next epoch's start.</param>
    /// <param name="Epoch">What it gave.</param>
    /// <param name="IsBest">Whether no epoch before had as good a score.</param>
    public sealed record EpochFinished(TrainingProgress Progress, EpochRecord Epoch, bool IsBest) : TrainingEvent;

    /// <summary>Training cannot continue; nothing follows. The state is the one before the step that failed.</summary>
    public new sealed record Failed(PqfError Error) : TrainingEvent;
}
