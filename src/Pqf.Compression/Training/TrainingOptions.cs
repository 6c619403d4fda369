using Pqf.Autodiff;
using Pqf.Nets;

namespace Pqf.Compression.Training;

/// <summary>How a network is trained. Codes never change: of a quantised weight the codebook is trained (paper, section 3.4).</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the images.</summary>
    public required int Epochs { get; init; }

    /// <summary>How gradients change parameters.</summary>
    public required Optimiser Optimiser { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>Of the first step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Share of each target that is spread over all classes, 0 to 1.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>A network to learn from beside the labels; null for none.</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>Whether to validate before the first step.</summary>
    public bool ValidatesFirst { get; init; } = true;
}

/// <summary>A network whose answers are learnt beside the labels: loss = (1 − w) · CE(labels) + w · T² · CE(teacher at temperature T).</summary>
/// <param name="Network">The teacher, compiled for batches of the run's size.</param>
/// <param name="Weight">w, 0 to 1.</param>
/// <param name="Temperature">T, above 0: logits of both are divided by it.</param>
/// <remarks>Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), §2.</remarks>
public sealed record Teacher(InferencePlan Network, float Weight = 0.5f, float Temperature = 2);
