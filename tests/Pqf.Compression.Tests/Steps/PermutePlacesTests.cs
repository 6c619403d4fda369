using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Permutation;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

/// <summary>Permutation of groups that have a part of their child's columns.</summary>
public sealed class PermutePlacesTests : IDisposable
{
    static readonly Graph Network = Build();

    readonly HostDevice host = new();
    readonly Scope scope;

    public PermutePlacesTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    /// <summary>A split, a concatenation and a grouped convolution. Its two parts read channels 0 … 23 and 24 … 47 of the
    /// concatenation.</summary>
    static Graph Build()
    {
        var graph = new GraphBuilder();
        int x = graph.Relu(graph.Conv2d(graph.Input(3), "first", 16, 1));
        var halves = graph.Split(graph.Relu(graph.Conv2d(x, "wide", 32, 1)), 16, 16);
        x = graph.Concat([.. halves, graph.Relu(graph.Conv2d(halves[1], "m", 16, 1))]);
        x = graph.Relu(graph.Conv2d(x, "grouped", 32, 3, new Conv2dOptions { Groups = 2, Padding = 1 }));
        x = graph.GlobalAvgPool(graph.Relu(graph.Conv2d(x, "out", 16, 1)));
        graph.Linear(graph.Flatten(x), "fc", 16, 5);
        return graph.Build();
    }

    [Fact]
    public void Each_group_is_searched_by_its_first_child_with_blocks_of_two_channels_or_more()
    {
        var groups = Run().End.Groups;
        Assert.Equal(
            [
                ("first", "wide", 16),
                ("wide", "grouped", 16),
                ("wide", "m", 8),
                ("wide", "m", 8),
                ("m", "grouped", 16),
                ("grouped", "out", 16),
                ("grouped", "out", 16),
                ("out", "fc", 16),
            ],
            groups.Select(report => (report.Group.Parents[0], report.Layer, report.Group.ChannelCount))
        );
        // Of the same child, with searches of their own.
        Assert.NotEqual(groups[2].Order, groups[3].Order);
    }

    [Fact]
    public void Function_is_unchanged_and_no_objective_rises()
    {
        var (start, end) = Run();
        var images = GeneratedWeights.Images(host, "places", [2, 3, 6, 6]);
        Close.Check(Forward.Run(Network, start, images), Forward.Run(Network, end.Parameters, images), 1e-5);
        Assert.All(end.Groups, report => Assert.True(report.After <= report.Before));
        Assert.True(end.Groups.Count(report => report.After < report.Before) >= 6);
    }

    [Theory]
    // Blocks of 18 hold two channels of 9 taps; of 8 values, eight channels. Eight channels alone would be one block: four are one.
    [InlineData(1, "grouped", 24, 9, 0, 16, 0, 2)]
    [InlineData(3, "m", 16, 1, 0, 16, 8, 4)]
    [InlineData(4, "grouped", 24, 9, 16, 16, 8, 2)]
    [InlineData(6, "out", 32, 1, 0, 16, 16, 8)]
    public void The_reported_objective_is_that_of_the_groups_columns(
        int number,
        string layer,
        int columns,
        int taps,
        int firstRow,
        int rows,
        int firstChannel,
        int perBlock
    )
    {
        var end = Run().End;
        var report = end.Groups[number];
        float[] weight = end.Parameters[$"{layer}.weight"].Decode().ToArray();
        double[] own =
        [
            .. Enumerable
                .Range(firstRow, rows)
                .SelectMany(row =>
                    weight
                        .Skip(((row * columns) + firstChannel) * taps)
                        .Take(report.Group.ChannelCount * taps)
                        .Select(value => (double)value)
                ),
        ];
        var gram = ChannelGram.Of(host, own, rows, report.Group.ChannelCount, taps);
        int[] order = [.. Enumerable.Range(0, report.Group.ChannelCount)];
        Assert.Equal(report.After, new BlockCovariance(gram, perBlock, order).LogDet, 1e-8);
    }

    [Fact]
    public void Weights_on_columns_move_with_the_columns_of_each_group()
    {
        // A weight for each column: its value in the first row. After permuting it must be that again.
        string[] layers = ["m", "out"];
        LayerInputs FirstRow(Parameters values, string layer)
        {
            var weight = values[$"{layer}.weight"].Decode();
            return new([.. weight.ToArray().Take(weight.Shape[1])]);
        }

        var start = GeneratedWeights.Parameters(Network, host, "places");
        var inputs = layers.ToImmutableDictionary(layer => layer, layer => FirstRow(start, layer));
        var end = Run(inputs).End;
        foreach (string layer in layers)
        {
            float[] weights = [.. end.Inputs[layer].ColumnWeights];
            Assert.NotEqual(inputs[layer].ColumnWeights, weights);
            Assert.Contains(end.Parameters[$"{layer}.weight"].Decode().ToArray().Chunk(weights.Length), weights.SequenceEqual);
        }
    }

    [Fact]
    public void Names_in_a_configuration_stand_for_all_groups_of_these_layers()
    {
        var spec = new PermutationSpec { Proposals = 10, Groups = [(["grouped"], ["out"])] };
        Assert.Equal(["out", "out"], Run(spec: spec).End.Groups.Select(report => report.Layer));
    }

    (Parameters Start, CompressionState End) Run(ImmutableDictionary<string, LayerInputs>? inputs = null, PermutationSpec? spec = null)
    {
        var start = GeneratedWeights.Parameters(Network, host, "places");
        var step = new Permute(
            Blocks.Of(Network, new CompressionSpec { LargeSubvectors = true, PwSubvectorSize = 8 }).Value(),
            spec ?? new PermutationSpec { Proposals = 200 },
            RngKey.FromSeed(7)
        );
        var state = new CompressionState(Network, start, host) { Inputs = inputs ?? ImmutableDictionary<string, LayerInputs>.Empty };
        return (start, Compress.ToEnd([step], state, cancellation: TestContext.Current.CancellationToken).Value());
    }
}
