using Pqf.Autodiff;

namespace Pqf.Compression.Training;

/// <summary>How a network is trained. Codes never change: of a quantised weight the codebook is trained (paper, section 3.4).</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the examples.</summary>
    public required int Epochs { get; init; }

    /// <summary>Epochs in a row without a better score after which the training ends; null for none.</summary>
    public int? Patience { get; init; }

    /// <summary>How gradients change parameters.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>Learning rate of the first step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Bytes of gradients that processes exchange together, while those of earlier layers are still to come; 0 exchanges all
    /// gradients after the way back. Steps do not depend on it.</summary>
    public int BucketBytes { get; init; } = DefaultBucketBytes;

    /// <summary>4 MB take 7 ms on 10 Gbit/s, a hundred times the latency of the messages; a dense ResNet-18 has about ten such
    /// buckets.</summary>
    public const int DefaultBucketBytes = 4_000_000;
}
