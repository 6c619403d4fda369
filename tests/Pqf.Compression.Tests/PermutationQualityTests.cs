using Pqf.Compression.Permutation;
using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>Objectives against those of the published search: ../shared/reference/quantiser.md, means of its seeds.</summary>
public sealed class PermutationQualityTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public PermutationQualityTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData("layer2.1.conv1", 4, 10_000, 1.39035e-4)]
    [InlineData("layer2.1.conv1", 4, 1_000, 1.618e-4)]
    [InlineData("layer1.1.conv1", 4, 10_000, 2.4155e-4)]
    [InlineData("layer1.0.conv3", 4, 10_000, 8.6775e-5)]
    [InlineData("layer4.0.conv1", 4, 300, 7.2596e-4)]
    [InlineData("layer3.4.conv2", 18, 10_000, 1.44025e-51)]
    [InlineData("layer3.8.conv1", 18, 10_000, 2.1038e-60)]
    [Trait("Speed", "Slow")]
    public void Random_exchanges_end_at_or_under_the_published_objective(string layer, int d, int proposals, double published) =>
        Assert.InRange(Mean(layer, d, PermutationStrategy.Stochastic, proposals, 3), 0, published);

    [Theory]
    [InlineData("layer2.1.conv1", 4, 1.39035e-4)]
    [InlineData("layer1.1.conv1", 4, 2.4155e-4)]
    [InlineData("layer1.0.conv3", 4, 8.6775e-5)]
    [InlineData("layer3.4.conv2", 18, 1.44025e-51)]
    [InlineData("layer3.8.conv1", 18, 2.1038e-60)]
    [Trait("Speed", "Slow")]
    public void Descent_ends_three_percent_or_more_under_it(string layer, int d, double published) =>
        Assert.InRange(Mean(layer, d, PermutationStrategy.Descent, 0, 2), 0, 0.97 * published);

    double Mean(string layer, int d, PermutationStrategy strategy, int proposals, int seeds)
    {
        var (shape, values) = d == 18 ? Trained(layer) : Published(layer);
        int taps = shape.Count / shape[0] / shape[1];
        var gram = ChannelGram.Of(host, [.. values.Select(value => (double)value)], shape[0], shape[1], taps);
        return Enumerable
            .Range(0, seeds)
            .Average(seed =>
            {
                var search = new PermutationSearch(new WholeChannelBlocks(gram, d / taps), RngKey.FromSeed(seed));
                Assert.NotEmpty(search.Run([PermutationStrategy.Greedy, strategy], proposals).ToArray());
                return Math.Exp(search.Result.After);
            });
    }

    (Shape, float[]) Published(string layer)
    {
        using var file = TensorFiles.Open(SharedData.Path("published/resnet50_large.pth")).Value();
        var weight = StateDict.Load(TestGraphs.Build(new Architecture("resnet50")), file, host).Value().Parameters[$"{layer}.weight"];
        return (weight.Shape, weight.Decode().ToArray());
    }

    static (Shape, float[]) Trained(string layer)
    {
        using var file = TensorFiles.Open(SharedData.Path("data/cifar-resnet/resnet56-4bfd9763.th")).Value();
        var stored = file.Tensors.Single(tensor => tensor.Name.EndsWith($"{layer}.weight", StringComparison.Ordinal));
        return (stored.Shape, stored.ToSingles());
    }
}
