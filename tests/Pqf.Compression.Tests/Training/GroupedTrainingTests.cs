using Pqf.Autodiff;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class GroupedTrainingTests : IDisposable
{
    const int Side = 32,
        ClassCount = 3,
        BatchSize = 8,
        BatchCount = 3;

    readonly HostDevice host = new();
    readonly Scope scope;

    public GroupedTrainingTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void A_narrow_ResNeXt_learns_from_random_weights()
    {
        Graph graph = TestGraphs.Build(new Architecture("resnext50_32x4d", ClassCount, 1, 16));
        var parameters = Initialise.Random(graph, host, RngKey.FromSeed(3));
        var options = new TrainingOptions
        {
            Epochs = 4,
            Optimizer = new Optimizer.Adam(),
            Schedule = new Schedule.Cosine(4 * BatchCount, 1e-5),
            LearningRate = 2e-3,
        };
        var data = new LabelledData([BatchSize, Side, Side, 1], (_, first) => Batches().Skip(first), () => Batches().Take(1));
        var state = TrainingState.Start(parameters, Trainable.Of(graph, parameters), options);
        var trainer = new Trainer<LabelledBatch>(Classification.Task(graph, parameters, new(), data), state, options);
        double[] losses =
        [
            .. trainer
                .Run(TestContext.Current.CancellationToken)
                .OfType<TrainingEvent.EpochFinished>()
                .Select(epoch => epoch.Epoch.Training[Metrics.Loss]),
        ];
        Assert.True(losses[^1] < 0.5 * losses[0], string.Join(", ", losses));
    }

    /// <summary>The same few images in every epoch; the class is where they are bright.</summary>
    static IEnumerable<Result<LabelledBatch, PqfError>> Batches() =>
        Enumerable
            .Range(0, BatchCount)
            .Select(batch =>
            {
                var key = RngKey.FromSeed(1).Fold((ulong)batch);
                int[] classes = [.. Enumerable.Range(0, BatchSize).Select(i => key.Fold("class").Below(ClassCount, (ulong)i))];
                float[] images =
                [
                    .. Enumerable
                        .Range(0, BatchSize * Side * Side)
                        .Select(i =>
                            (float)(
                                (0.3 * key.Fold("image").Normal((ulong)i)) + (i % (Side * Side) / 342 == classes[i / (Side * Side)] ? 1 : 0)
                            )
                        ),
                ];
                return (Result<LabelledBatch, PqfError>)new LabelledBatch(images, classes);
            });
}
