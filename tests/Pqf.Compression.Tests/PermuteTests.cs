using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Permutation;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

public sealed class PermuteTests : IDisposable
{
    static readonly PermutationSpec Search = new() { Proposals = 300 };

    readonly HostDevice host = new();
    readonly Scope scope;

    public PermuteTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void Function_is_unchanged_and_every_objective_falls()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var finished = Run(parameters, Search, new CompressionSpec());
        Assert.All(finished.Groups, group => Assert.True(group.After < group.Before));
        var images = Images();
        float[] before = Forward.Run(SmallNetwork.Graph, parameters, images).ToArray(),
            after = Forward.Run(SmallNetwork.Graph, finished.Parameters, images).ToArray();
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i], after[i], 1e-4f * before.Max(Math.Abs));
        Assert.NotEqual(parameters["block.conv1.weight"].Decode().ToArray(), finished.Parameters["block.conv1.weight"].Decode().ToArray());
    }

    [Fact]
    public void Reported_objective_is_that_of_the_permuted_weight()
    {
        var finished = Run(SmallNetwork.Parameters(host, RngKey.FromSeed(2)), Search, new CompressionSpec { LargeSubvectors = true });
        var report = finished.Groups.Single(group => group.Layer == "block.conv2");
        double[] weight = [.. finished.Parameters["block.conv2.weight"].Decode().ToArray().Select(value => (double)value)];
        var gram = ChannelGram.Of(host, weight, 32, 24, 9);
        Assert.Equal(report.After, new BlockCovariance(gram, 2, [.. Enumerable.Range(0, 24)]).LogDet, 1e-8);
        Assert.Equal(18, report.D);
    }

    [Theory]
    [InlineData(false, "", new[] { "block.conv1", "fc", "block.conv3" })] // a 3×3 layer with blocks of 9 decides nothing
    [InlineData(true, "", new[] { "block.conv1", "block.conv2", "fc", "block.conv3" })]
    [InlineData(false, "block.conv1", new[] { "block.downsample.0", "fc", "block.conv3" })] // an ignored child leaves it to the next
    public void First_optimisable_child_decides(bool large, string ignored, string[] expected)
    {
        var spec = new CompressionSpec { LargeSubvectors = large, IgnoredModules = ignored.Length == 0 ? [] : [ignored] };
        var groups = Run(SmallNetwork.Parameters(host, RngKey.FromSeed(3)), Search with { Proposals = 1 }, spec).Groups;
        Assert.Equal(expected.Order(), groups.Select(group => group.Layer).Order());
    }

    [Fact]
    public void Order_of_the_children_in_the_spec_decides()
    {
        var spec = Search with { Groups = [(["conv1", "bn1"], ["block.downsample.0", "block.conv1"])] };
        Assert.Equal(
            ["block.downsample.0"],
            Run(SmallNetwork.Parameters(host, RngKey.FromSeed(4)), spec, new CompressionSpec()).Groups.Select(group => group.Layer)
        );
    }

    [Fact]
    public void A_group_that_the_network_does_not_have_is_an_error_that_names_the_nearest()
    {
        var spec = Search with { Groups = [(["conv1"], ["block.conv1"])] };
        string message = Permute
            .Run(
                SmallNetwork.Graph,
                SmallNetwork.Parameters(host, RngKey.FromSeed(5)),
                spec,
                new CompressionSpec(),
                default,
                TestContext.Current.CancellationToken
            )
            .ErrorMessage();
        Assert.Equal(
            "parents [conv1], children [block.conv1]: these layers do not share one channel order; the nearest group is parents [conv1], children [block.conv1, block.downsample.0]",
            message
        );
    }

    [Fact]
    public void Strategies_of_an_unknown_layer_are_an_error_that_names_the_nearest()
    {
        var spec = Search with
        {
            LayerStrategies = ImmutableDictionary<string, ImmutableArray<PermutationStrategy>>.Empty.Add(
                "block.conv9",
                [PermutationStrategy.Greedy]
            ),
        };
        string message = Permute
            .Run(
                SmallNetwork.Graph,
                SmallNetwork.Parameters(host, RngKey.FromSeed(6)),
                spec,
                new CompressionSpec(),
                default,
                TestContext.Current.CancellationToken
            )
            .ErrorMessage();
        Assert.Equal("block.conv9: no such layer in the network; the nearest name is block.conv1", message);
    }

    [Fact]
    public void Strategies_of_a_layer_replace_the_others()
    {
        var spec = Search with
        {
            LayerStrategies = ImmutableDictionary<string, ImmutableArray<PermutationStrategy>>.Empty.Add(
                "fc",
                [PermutationStrategy.Greedy]
            ),
        };
        var groups = Run(SmallNetwork.Parameters(host, RngKey.FromSeed(7)), spec, new CompressionSpec()).Groups;
        Assert.Equal(0, groups.Single(group => group.Layer == "fc").Proposals);
        Assert.Equal(300, groups.Single(group => group.Layer == "block.conv1").Proposals);
    }

    [Fact]
    public void Result_does_not_depend_on_the_number_of_threads()
    {
        using var three = new HostDevice(3);
        using var its = three.BeginScope();
        var here = Run(SmallNetwork.Parameters(host, RngKey.FromSeed(8)), Search, new CompressionSpec());
        var there = Run(SmallNetwork.Parameters(three, RngKey.FromSeed(8)), Search, new CompressionSpec());
        Assert.Equal(here.Parameters["block.conv3.weight"].Decode().ToArray(), there.Parameters["block.conv3.weight"].Decode().ToArray());
    }

    [Fact]
    public void Compressing_permutes_then_quantises_and_ends_with_both_reports()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(9));
        var spec = new CompressionSpec { K = 16, KMeansIterations = 5 };
        var events = Compress
            .Run(SmallNetwork.Graph, parameters, Search, spec, RngKey.FromSeed(10), TestContext.Current.CancellationToken)
            .Value()
            .ToArray();
        var finished = Assert.IsType<CompressEvent.Finished>(events[^1]);
        Assert.Equal(3, finished.Groups.Length);
        Assert.Equal(5, finished.Layers.Length);
        Assert.IsType<Weight.Quantised>(finished.Parameters["fc.weight"]);
        var plain = (CompressEvent.Finished)
            Compress
                .Run(SmallNetwork.Graph, parameters, null, spec, RngKey.FromSeed(10), TestContext.Current.CancellationToken)
                .Value()
                .Last();
        Assert.Empty(plain.Groups);
    }

    Tensor<float> Images() =>
        Tensor<float>.From(host, [2, 6, 6, 3], [.. Enumerable.Range(0, 216).Select(i => (float)RngKey.FromSeed(100).Normal((ulong)i))]);

    static PermutationEvent.Finished Run(Parameters parameters, PermutationSpec spec, CompressionSpec compression) =>
        Permute
            .Run(SmallNetwork.Graph, parameters, spec, compression, RngKey.FromSeed(50))
            .Value()
            .OfType<PermutationEvent.Finished>()
            .Single();
}
