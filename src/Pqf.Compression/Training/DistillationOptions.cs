using Pqf.Nets.Images;

namespace Pqf.Compression.Training;

/// <summary>How a compressed network is trained on the dense network's answers. What was measured of it is in docs/decisions.md.</summary>
public sealed record DistillationOptions
{
    /// <summary>Steps of the optimizer.</summary>
    public int Steps { get; init; } = 400;

    /// <summary>Steps after which the network is measured on the photographs held back.</summary>
    public int StepsPerRound { get; init; } = 50;

    /// <summary>Photographs of a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Learning rate of the first step, as a part of the size of each tensor's values; it falls to 0 along half a
    /// cosine.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>How much the divergence from the dense network's answers counts, in nats.</summary>
    public double AnswerWeight { get; init; } = 0.3;

    /// <summary>How much the squared error at the ends of blocks counts, as a part of the variance of the dense network's values: the mean
    /// over the ends.</summary>
    public double BlockWeight { get; init; } = 3;

    /// <summary>What logits of both networks are divided by.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>How the photographs vary.</summary>
    public Augmentation Augmentation { get; init; } = new() { RandomScale = new RandomScale(0.35, 1) };
}
