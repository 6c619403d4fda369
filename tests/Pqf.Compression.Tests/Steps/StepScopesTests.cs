using Pqf.Compression.Jobs;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

/// <summary>The contract of <see cref="ICompressionStep"/>: between two events no scope of a step is open.</summary>
public sealed class StepScopesTests
{
    static readonly RngKey Key = RngKey.FromSeed(1);

    [Fact]
    public void Tensors_made_between_events_belong_to_the_caller()
    {
        var (without, _) = LiveBuffers(makesTensors: false);
        var (with, events) = LiveBuffers(makesTensors: true);

        Assert.True(events > 30);
        Assert.Equal(without + events, with); // a scope of a step would have taken some of them with it
    }

    /// <summary>Buffers that are alive after all steps have run, and the number of their events.</summary>
    static (int Live, int Events) LiveBuffers(bool makesTensors)
    {
        using var host = new HostDevice(1);
        using var scope = host.BeginScope();
        var network = SmallPhotographs.Network(host);
        var layers = Blocks.Of(network.Graph, new() { K = 8, KMeansIterations = 1 }).ValueOrThrow();
        var options = new CompressOptions { BatchSize = 8, Images = SmallPhotographs.Of(Enumerable.Range(0, 20)) };
        var images = CompressJob.ImagesOf(network, options.Images, options, TestContext.Current.CancellationToken);
        var trained = DistillationJob.Steps(
            network,
            options with
            {
                HeldBack = options.Images,
                Distillation = new(
                    new()
                    {
                        Steps = 4,
                        StepsPerRound = 2,
                        BatchSize = 8,
                    }
                ),
            },
            null,
            TestContext.Current.CancellationToken
        );
        int events = 0;
        var steps = Compress.Method(layers, new() { Proposals = 10 }, Key, images, new ReconstructionOptions()).AddRange(trained);
        foreach (var _ in Compress.Run([.. steps, new MeasureEffects(images)], new(network.Graph, network.Parameters, host)).ValueOrThrow())
        {
            events++;
            if (makesTensors)
                Tensor<float>.Zeros(host, [1]);
        }

        return (host.LiveBuffers, events);
    }
}
