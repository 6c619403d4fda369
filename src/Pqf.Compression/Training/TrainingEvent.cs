using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Mean loss and accuracy over some images.</summary>
/// <param name="Loss">Mean cross-entropy of the images, in nats.</param>
/// <param name="Correct">Images whose class came first.</param>
/// <param name="Count">Images.</param>
public readonly record struct Metrics(double Loss, int Correct, int Count)
{
    /// <summary>0 to 1; NaN of no images.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>Of both sets of images.</summary>
    public static Metrics operator +(Metrics a, Metrics b) => a.Count + b.Count == 0
        ? default
        : new(((a.Loss * a.Count) + (b.Loss * b.Count)) / (a.Count + b.Count), a.Correct + b.Correct, a.Count + b.Count);
}

/// <summary>How training goes on.</summary>
public abstract record TrainingEvent
{
    TrainingEvent()
    {
    }

    /// <summary>One step is done. The state may be saved now: a run that resumes from it takes the same next step.</summary>
    /// <param name="Progress">After the step.</param>
    /// <param name="Batch">Loss and accuracy on the step's images, before the step.</param>
    /// <param name="LearningRate">Of the step.</param>
    public sealed record Stepped(TrainingProgress Progress, Metrics Batch, double LearningRate) : TrainingEvent;

    /// <summary>Some validation images are done.</summary>
    /// <param name="Soon">Over them.</param>
    public sealed record Validating(Metrics Soon) : TrainingEvent;

    /// <summary>The network was validated before the first step.</summary>
    public sealed record Validated(Metrics Validation) : TrainingEvent;

    /// <summary>An epoch is done and validated. The state may be saved now.</summary>
    /// <param name="Progress">At the next epoch's start.</param>
    /// <param name="Epoch">What it gave.</param>
    /// <param name="IsBest">Whether no epoch before was as accurate.</param>
    public sealed record EpochFinished(TrainingProgress Progress, EpochRecord Epoch, bool IsBest) : TrainingEvent;

    /// <summary>Training cannot go on; nothing follows.</summary>
    public sealed record Failed(PqfError Error) : TrainingEvent;
}
