using System.Collections.Immutable;
using Pqf.Compression.Steps;
using Pqf.Nets.Metrics;

namespace Pqf.Compression.Reporting;

/// <summary>A network measured at one point of its way from dense to fine-tuned.</summary>
/// <param name="Name">For a person: <c>calibrated</c>.</param>
/// <param name="SizeBits">Of its parameters as stored.</param>
/// <param name="Accuracy">Images classified rightly.</param>
public sealed record Stage(string Name, long SizeBits, Proportion Accuracy);

/// <summary>One step of fine-tuning.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Loss">Mean over the step's images, before the step, in nats.</param>
/// <param name="Accuracy">On the same images, 0 … 1.</param>
/// <param name="LearningRate">Of the step.</param>
public sealed record StepRecord(int Number, double Loss, double Accuracy, double LearningRate);

/// <summary>What compressing and fine-tuning a network gave: all that a report shows.</summary>
public sealed record CompressionReport
{
    /// <summary>The network in a few words: <c>resnet20 of width 32</c>.</summary>
    public required string Network { get; init; }

    /// <summary>What the accuracies were measured on: <c>the first 2,500 test images of Fashion-MNIST</c>.</summary>
    public required string Images { get; init; }

    /// <summary>The stages in order; the first is the dense network, the last the result.</summary>
    public required ImmutableArray<Stage> Stages { get; init; }

    /// <summary>Quantised layers, in graph order.</summary>
    public required ImmutableArray<LayerReport> Layers { get; init; }

    /// <summary>Steps of fine-tuning, in order.</summary>
    public ImmutableArray<StepRecord> Steps { get; init; } = [];

    /// <summary>Steps of one epoch.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>Codebooks of the result, in graph order.</summary>
    public ImmutableArray<Codebook> Codebooks { get; init; } = [];

    /// <summary>What the result's size consists of; null leaves it out.</summary>
    public ReportSection? Bytes { get; init; }

    /// <summary>Sentences on how it was made.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The dense network.</summary>
    public Stage Dense => Stages[0];

    /// <summary>The result.</summary>
    public Stage Result => Stages[^1];

    /// <summary>How many times smaller the result is.</summary>
    public double Ratio => RatioOf(Result);

    /// <summary>How many times smaller a stage is than the dense network.</summary>
    public double RatioOf(Stage stage) => (double)Dense.SizeBits / stage.SizeBits;
}
