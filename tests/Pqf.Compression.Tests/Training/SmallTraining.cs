using Pqf.Autodiff;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;

namespace Pqf.Compression.Tests.Training;

/// <summary>A training that takes milliseconds: a narrow resnet20 on images of 8×8 whose class is where they are bright.</summary>
static class SmallTraining
{
    public const int BatchCount = 4,
        BatchSize = 6,
        ClassCount = 3;

    static readonly Shape BatchShape = [BatchSize, 8, 8, 1];

    public static Architecture Architecture { get; } = new("resnet20", ClassCount, 1, 4);

    public static Graph Graph { get; } = TestGraphs.Build(Architecture);

    public static LabelledData Data { get; } =
        new(
            BatchShape,
            (epoch, first) =>
                Enumerable
                    .Range(first, BatchCount - first)
                    .Select(batch =>
                        (Result<LabelledBatch, PqfError>)
                            Batch(RngKey.FromSeed(1).Fold((ulong)epoch).Fold((ulong)batch), BatchSize - (batch == BatchCount - 1 ? 2 : 0))
                    ),
            () =>
                Enumerable
                    .Range(0, 3)
                    .Select(batch => (Result<LabelledBatch, PqfError>)Batch(RngKey.FromSeed(2).Fold((ulong)batch), BatchSize))
        );

    /// <summary>Random parameters of the innermost scope, three layers of them quantised if asked for.</summary>
    public static Parameters Parameters(Device device, bool quantised)
    {
        var dense = Initialise.Random(Graph, device, RngKey.FromSeed(3));
        return quantised
            ? TestGraphs.Quantise(Graph, dense, ("layer1.0.conv1", 8, 9), ("layer2.0.downsample.0", 4, 4), ("fc", 12, 1))
            : dense;
    }

    public static TrainingOptions Options(
        Optimizer? optimizer = null,
        Schedule? schedule = null,
        double learningRate = 1e-2,
        int epochs = 2
    ) =>
        new()
        {
            Epochs = epochs,
            Optimizer = optimizer ?? new Optimizer.Adam(),
            Schedule = schedule ?? new Schedule.Cosine(epochs * BatchCount, 1e-5),
            LearningRate = learningRate,
        };

    /// <summary>A trainer from the first step on.</summary>
    public static Trainer<LabelledBatch> Begin(Parameters parameters, TrainingOptions options, ClassificationOptions? loss = null) =>
        Resume(TrainingState.Start(parameters, Trainable.Of(Graph, parameters), options), options, loss);

    /// <summary>A trainer from a state on.</summary>
    public static Trainer<LabelledBatch> Resume(TrainingState state, TrainingOptions options, ClassificationOptions? loss = null) =>
        new(Classification.Task(Graph, state.Parameters, loss ?? new(), Data), state, options);

    public static LabelledBatch Batch(RngKey key, int count)
    {
        int[] classes = [.. Enumerable.Range(0, count).Select(i => key.Fold("class").Below(ClassCount, (ulong)i))];
        var images = Enumerable
            .Range(0, count * 64)
            .Select(i => (float)((0.3 * key.Fold("image").Normal((ulong)i)) + (i % 64 / 22 == classes[i / 64] ? 1 : 0)));
        return new(images.ToArray(), classes);
    }
}
