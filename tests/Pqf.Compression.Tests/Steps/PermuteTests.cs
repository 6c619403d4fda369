using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Permutation;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

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
        string message = Step(spec, new CompressionSpec()).Check(State(SmallNetwork.Parameters(host, RngKey.FromSeed(5)))).ErrorMessage();
        Assert.Equal(
            "parents [conv1], children [block.conv1]: these layers do not share one channel order; the nearest group is parents "
                + "[conv1], children [block.conv1, block.downsample.0]",
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
        string message = Step(spec, new CompressionSpec()).Check(State(SmallNetwork.Parameters(host, RngKey.FromSeed(6)))).ErrorMessage();
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
        var there = Compress
            .ToEnd(
                [Step(Search, new CompressionSpec())],
                new CompressionState(SmallNetwork.Graph, SmallNetwork.Parameters(three, RngKey.FromSeed(8)), three),
                cancellation: TestContext.Current.CancellationToken
            )
            .Value();
        Assert.Equal(here.Parameters["block.conv3.weight"].Decode().ToArray(), there.Parameters["block.conv3.weight"].Decode().ToArray());
    }

    [Fact]
    public void Weights_on_columns_move_with_their_columns()
    {
        // A weight for each column: its value in the first row. After permuting it must be that again.
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(11));
        LayerInputs FirstRow(Parameters values, string layer) =>
            new([
                .. values[$"{layer}.weight"]
                    .Decode()
                    .ToArray()
                    .Take(values[$"{layer}.weight"].Shape.Count / values[$"{layer}.weight"].Shape[0]),
            ]);
        string[] layers = ["block.conv1", "block.conv2"]; // their inputs are permuted; the first row of block.conv1 moves too
        var start = State(parameters) with { Inputs = layers.ToImmutableDictionary(layer => layer, layer => FirstRow(parameters, layer)) };
        var end = Compress
            .ToEnd(
                [Step(Search, new CompressionSpec { LargeSubvectors = true })],
                start,
                cancellation: TestContext.Current.CancellationToken
            )
            .Value();
        foreach (string layer in layers)
        {
            float[] weights = [.. end.Inputs[layer].ColumnWeights];
            float[] values = end.Parameters[$"{layer}.weight"].Decode().ToArray();
            Assert.NotEqual(start.Inputs[layer].ColumnWeights, weights);
            Assert.Contains(values.Chunk(weights.Length), weights.SequenceEqual);
        }
    }

    Tensor<float> Images() =>
        Tensor<float>.From(host, [2, 6, 6, 3], [.. Enumerable.Range(0, 216).Select(i => (float)RngKey.FromSeed(100).Normal((ulong)i))]);

    static Permute Step(PermutationSpec spec, CompressionSpec compression) =>
        new(Blocks.Of(SmallNetwork.Graph, compression).Value(), spec, RngKey.FromSeed(50));

    CompressionState State(Parameters parameters) => new(SmallNetwork.Graph, parameters, host);

    CompressionState Run(Parameters parameters, PermutationSpec spec, CompressionSpec compression) =>
        Compress.ToEnd([Step(spec, compression)], State(parameters), cancellation: TestContext.Current.CancellationToken).Value();
}
