using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Groups that have a part of a layer's channels, or have them in another order.</summary>
public class ChannelPlacesTests(DeviceSet devices) : DeviceTest(devices)
{
    // Groups written by hand: channels: rows | norms and vectors | columns. Numbers in brackets are places on the axis, where they are not
    // 0, 1, 2 … to its end. After a colon comes the part of a grouped convolution.
    static readonly Dictionary<string, (Func<GraphBuilder, int, int> Build, string[] Groups)> Cases = new()
    {
        ["dense block"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 3, 1);
                int b = graph.Conv2d(graph.Relu(graph.BatchNorm(a, "n1")), "b", 2, 1);
                return graph.Conv2d(graph.Relu(graph.BatchNorm(graph.Concat([a, b]), "n2")), "c", 4, 1);
            },
            ["3: a | n1 n2[0 1 2] | b c[0 1 2]", "2: b | n2[3 4] | c[3 4]", "4: c |  | out"]
        ),
        ["inception"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 4, 1);
                return graph.Concat([graph.Conv2d(a, "p", 2, 1), graph.Conv2d(a, "q", 3, 3, Same), graph.MaxPool2d(a, 3, 1, 1)]);
            },
            ["4: a |  | p q out[5 6 7 8]", "2: p |  | out[0 1]", "3: q |  | out[2 3 4]"]
        ),
        ["shuffle unit"] = (
            (graph, x) =>
            {
                var halves = graph.Split(graph.Conv2d(x, "a", 4, 1), 2, 2);
                return graph.ChannelShuffle(graph.Concat([halves[0], graph.Relu(graph.Conv2d(halves[1], "b", 2, 1))]), 2);
            },
            ["2: a[0 1] |  | out[0 2]", "2: a[2 3] |  | b", "2: b |  | out[1 3]"]
        ),
        ["C2f"] = (
            (graph, x) =>
            {
                var halves = graph.Split(graph.Silu(graph.Conv2d(x, "a", 4, 1)), 2, 2);
                int y = graph.Add(halves[1], graph.Silu(graph.Conv2d(halves[1], "m", 2, 3, Same)));
                return graph.Concat([.. halves, y]);
            },
            ["2: a[0 1] |  | out[0 1]", "2: a[2 3] m |  | m out[2 3] out[4 5]"]
        ),
        ["a value beside itself"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 3, 1);
                return graph.Concat([a, a]);
            },
            ["3: a |  | out[0 1 2] out[3 4 5]"]
        ),
        ["a function of a value beside itself"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 3, 1);
                return graph.Sigmoid(graph.BatchNorm(graph.Concat([a, a]), "n"));
            },
            ["3: a | n[0 1 2] n[3 4 5] | out[0 1 2] out[3 4 5]"]
        ),
        ["a sum with a value beside itself"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 3, 1);
                int twice = graph.Concat([a, a]);
                return graph.Add(twice, graph.BatchNorm(graph.Conv2d(twice, "b", 6, 1), "n"));
            },
            ["3: a b[0 1 2] b[3 4 5] | n[0 1 2] n[3 4 5] | b[0 1 2] b[3 4 5] out[0 1 2] out[3 4 5]"]
        ),
        ["a sum with a shuffle"] = (
            (graph, x) =>
            {
                var halves = graph.Split(graph.Conv2d(x, "a", 8, 1), 4, 4);
                return graph.Add(halves[0], graph.ChannelShuffle(halves[1], 2));
            },
            ["4: a[0 1 2 3] a[4 6 5 7] |  | out"]
        ),
        ["squeeze and excitation"] = (
            (graph, x) =>
            {
                int a = graph.PRelu(graph.Conv2d(x, "a", 4, 1), "slopes");
                int squeezed = graph.Relu(graph.Conv2d(graph.GlobalAvgPool(a), "squeeze", 2, 1, hasBias: true));
                return graph.Multiply(a, graph.Sigmoid(graph.Conv2d(squeezed, "excite", 4, 1, hasBias: true)));
            },
            ["4: a excite | slopes.weight | squeeze out", "2: squeeze |  | excite"]
        ),
        ["a residual over a concatenation"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 5, 1);
                return graph.Add(graph.Concat([graph.Conv2d(a, "b", 2, 1), graph.Conv2d(a, "c", 3, 1)]), a);
            },
            ["2: a[0 1] b |  | b[0 1] c[0 1] out[0 1]", "3: a[2 3 4] c |  | b[2 3 4] c[2 3 4] out[2 3 4]"]
        ),
        ["a function of some channels"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 6, 1);
                return graph.Concat([graph.Sigmoid(graph.SliceChannels(a, 0, 2)), graph.SliceChannels(a, 2, 6)]);
            },
            ["2: a[0 1] |  | out[0 1]", "4: a[2 3 4 5] |  | out[2 3 4 5]"]
        ),
        ["a value cut and put together"] = ((graph, x) => graph.Concat(graph.Split(graph.Conv2d(x, "a", 6, 1), 2, 4)), ["6: a |  | out"]),
        ["crossing channels"] = (
            (graph, x) =>
            {
                var y = graph.Split(graph.Conv2d(x, "a", 4, 1), 1, 1, 1, 1);
                return graph.Add(graph.Concat([y[0], y[3]]), graph.Concat([y[2], y[1]]));
            },
            ["2: a[0 3] a[2 1] |  | out"]
        ),
        // The sum pairs channels 0 and 1, and 2 and 3, of one convolution: which of a pair goes to which of the other is told by the sides
        // of the sum.
        ["pairs within one value"] = (
            (graph, x) =>
            {
                var y = graph.Split(graph.Conv2d(x, "a", 4, 1), 1, 1, 1, 1);
                return graph.Subtract(graph.Concat([y[0], y[2]]), graph.Concat([y[1], y[3]]));
            },
            ["2: a[0 2] a[1 3] |  | out"]
        ),
        // Channel 0 of the convolution meets channel 1, and channel 1 meets channel 0: one class, so nothing changes places with it.
        ["a value and its mirror image"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 2, 1);
                var y = graph.Split(a, 1, 1);
                return graph.Subtract(a, graph.Concat([y[1], y[0]]));
            },
            []
        ),
        // Both join the same classes, of channels 0 and 1 and of 2 and 3, but with other partners: the second value's pairs would break.
        ["different pairs in two sums"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 4, 1),
                    b = graph.Conv2d(x, "b", 4, 1);
                var y = graph.Split(b, 1, 1, 1, 1);
                return graph.Concat([graph.Add(a, b), graph.Add(a, graph.Concat([y[1], y[0], y[2], y[3]]))]);
            },
            ["2: a[2 3] b[2 3] |  | out[2 3] out[6 7]"]
        ),
        // Channels 0 of all layers are one class, and channels 1 another. The sums are 0 with 0 and 1 with 1, but of other layers.
        ["other partners in each of two classes"] = (
            (graph, x) =>
            {
                int[] Channels(string layer) => [.. graph.Split(graph.Conv2d(x, layer, 2, 1), 1, 1)];
                int[] a = Channels("a"),
                    b = Channels("b"),
                    c = Channels("c"),
                    d = Channels("d");
                int sums = graph.Add(graph.Concat([a[0], a[1], d[0], d[1]]), graph.Concat([b[0], c[1], c[0], b[1]]));
                int e = graph.Conv2d(graph.SliceChannels(sums, 0, 2), "e", 2, 1),
                    f = graph.Conv2d(graph.SliceChannels(sums, 2, 4), "f", 2, 1);
                return graph.Concat([e, f, graph.Add(graph.Concat([.. b]), graph.Concat([.. c]))]);
            },
            ["2: e |  | out[0 1]", "2: f |  | out[2 3]"]
        ),
        // Exchanging the channels of a exchanges columns 0 and 1; exchanging those of b and c would exchange columns 0 and 2.
        ["a shared layer that reads a channel twice"] = (
            (graph, x) =>
            {
                int[] Channels(string layer) => [.. graph.Split(graph.Conv2d(x, layer, 2, 1), 1, 1)];
                int[] a = Channels("a"),
                    b = Channels("b"),
                    c = Channels("c");
                int twice = graph.Conv2d(graph.Concat([a[0], a[1], a[1], a[0]]), "shared", 3, 1);
                return graph.Add(twice, graph.Conv2d(graph.Concat([b[0], c[1], b[1], c[0]]), "shared", 3, 1));
            },
            ["3: shared |  | out"]
        ),
        ["a grouped convolution"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 8, 1);
                int grouped = graph.Conv2d(a, "grouped", 6, 3, new Conv2dOptions { Groups = 2, Padding = 1 }, hasBias: true);
                return graph.Conv2d(grouped, "b", 5, 1);
            },
            [
                "4: a[0 1 2 3] |  | grouped[0 1 2 3:0]",
                "4: a[4 5 6 7] |  | grouped[0 1 2 3:1]",
                "3: grouped[0 1 2] |  | b[0 1 2]",
                "3: grouped[3 4 5] |  | b[3 4 5]",
                "5: b |  | out",
            ]
        ),
        ["a grouped convolution between shuffles"] = (
            (graph, x) =>
            {
                int a = graph.ChannelShuffle(graph.Conv2d(x, "a", 4, 1), 2);
                return graph.ChannelShuffle(graph.Conv2d(a, "grouped", 4, 1, new Conv2dOptions { Groups = 2 }), 2);
            },
            [
                "2: a[0 2] |  | grouped[0 1:0]",
                "2: a[1 3] |  | grouped[0 1:1]",
                "2: grouped[0 1] |  | out[0 2]",
                "2: grouped[2 3] |  | out[1 3]",
            ]
        ),
        ["a depthwise convolution of a concatenation"] = (
            (graph, x) =>
            {
                int y = graph.Concat([graph.Conv2d(x, "a", 2, 1), graph.Conv2d(x, "b", 3, 1)]);
                return graph.BatchNorm(graph.Conv2d(y, "d", 5, 3, new Conv2dOptions { Groups = 5, Padding = 1 }), "n");
            },
            ["2: a d[0 1] | n[0 1] | out[0 1]", "3: b d[2 3 4] | n[2 3 4] | out[2 3 4]"]
        ),
        ["pixels in four parts"] = (
            (graph, x) =>
            {
                int a = graph.Conv2d(x, "a", 2, 1);
                return graph.Concat([graph.SlicePixels(a, 1, 0, step: 2), graph.SlicePixels(a, 1, 1, step: 2)]);
            },
            ["2: a |  | out[0 1] out[2 3]"]
        ),
        ["pixels beside pixels"] = (
            (graph, x) => graph.Concat([graph.Conv2d(x, "a", 2, 1), graph.Conv2d(x, "b", 2, 1)], 2),
            ["2: a b |  | out"]
        ),
        ["the input beside channels"] = ((graph, x) => graph.Concat([x, graph.Conv2d(x, "a", 3, 1)]), ["3: a |  | out[3 4 5]"]),
        ["pixels as rows"] = ((graph, x) => graph.Reshape(graph.Reshape(graph.Conv2d(x, "a", 3, 1), -1), 3, 4, 4), ["3: a |  | out"]),
        ["channels as pixels"] = ((graph, x) => graph.Reshape(graph.Conv2d(x, "a", 4, 1), 1, 8, 8), []),
        ["neighbouring channels"] = ((graph, x) => graph.LocalResponseNorm(graph.Conv2d(x, "a", 4, 1), new(3)), []),
        ["probabilities of channels"] = ((graph, x) => graph.Softmax(graph.Conv2d(x, "a", 4, 1)), ["4: a |  | out"]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    static Graph Network(string name)
    {
        var graph = new GraphBuilder();
        graph.Conv2d(Cases[name].Build(graph, graph.Input(3)), "out", 2, 1);
        return graph.Build();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Groups_are_those_written_by_hand(string name) =>
        Assert.Equal(Cases[name].Groups, ChannelGroups.Of(Network(name)).Select(Text));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_order_of_every_group_leaves_the_outputs(string name)
    {
        var device = Use(DeviceKind.Host);
        var graph = Network(name);
        var parameters = GeneratedWeights.Parameters(graph, device, name);
        var images = GeneratedWeights.Images(device, name, [2, 3, 4, 4]);
        var expected = Forward.Run(graph, parameters, images);
        var groups = ChannelGroups.Of(graph);
        foreach (var group in groups)
            for (int seed = 0; seed < 4; seed++)
                Close.Check(expected, Forward.Run(graph, group.Apply(parameters, Order(group, seed)), images), 1e-5);
        var together = ChannelGroup.Apply(parameters, groups.Select(group => (group, Order(group, 9).ToImmutableArray())));
        var inTurn = groups.Aggregate(parameters, (all, group) => group.Apply(all, Order(group, 9)));
        foreach (string parameter in parameters.Values.Keys)
            Assert.Equal(inTurn[parameter].Decode().ToArray(), together[parameter].Decode().ToArray());
    }

    static int[] Order(ChannelGroup group, int seed) => RngKey.FromSeed(seed).Fold($"{Text(group)}").Permutation(group.ChannelCount);

    [Fact]
    public void Flattened_channels_beside_rows_stay_unless_they_have_one_pixel()
    {
        static string[] Groups(bool isPooled)
        {
            var graph = new GraphBuilder();
            int x = graph.Conv2d(graph.Input(3), "a", 4, 1);
            int pooled = graph.Flatten(isPooled ? graph.GlobalAvgPool(x) : x);
            int rows = graph.Concat([pooled, graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), "b", 4, 2)]);
            graph.Linear(rows, "out", isPooled ? 6 : 4 * 16 + 2, 3);
            return [.. ChannelGroups.Of(graph.Build()).Select(Text)];
        }

        Assert.Equal(["4: a |  | b out[0 1 2 3]", "2: b |  | out[4 5]"], Groups(true));
        Assert.Empty(Groups(false));
    }

    [Fact]
    public void Rows_put_together_by_axis_1_are_features()
    {
        var graph = new GraphBuilder();
        int x = graph.Flatten(graph.GlobalAvgPool(graph.Input(3)));
        int rows = graph.Concat([graph.Linear(x, "a", 3, 2), graph.Linear(x, "b", 3, 2)], 1);
        graph.Linear(rows, "out", 4, 3);
        Assert.Equal(["2: a |  | out[0 1]", "2: b |  | out[2 3]"], ChannelGroups.Of(graph.Build()).Select(Text));
    }

    [Fact]
    public void An_order_moves_the_channels_of_its_group_only()
    {
        var device = Use(DeviceKind.Host);
        var graph = Network("a grouped convolution");
        var parameters = GeneratedWeights.Parameters(graph, device, "own");
        var second = ChannelGroups.Of(graph)[1];
        var reordered = second.Apply(parameters, [3, 0, 1, 2]);
        float[] before = parameters["grouped.weight"].Decode().ToArray(),
            after = reordered["grouped.weight"].Decode().ToArray();
        // [6, 4, 3, 3]: the first three rows belong to the other part.
        Assert.Equal(before[..(3 * 36)], after[..(3 * 36)]);
        for (int row = 3; row < 6; row++)
            Assert.Equal(
                [.. before[((row * 36) + 27)..((row + 1) * 36)], .. before[(row * 36)..((row * 36) + 27)]],
                after[(row * 36)..((row + 1) * 36)]
            );
        float[] rows = parameters["a.weight"].Decode().ToArray();
        Assert.Equal([.. rows[..12], .. rows[21..], .. rows[12..21]], reordered["a.weight"].Decode().ToArray());
    }

    static Conv2dOptions Same => new() { Padding = 1 };

    static string Text(ChannelGroup group) =>
        $"{group.ChannelCount}: {string.Join(' ', group.Rows.Select(Text))} | "
        + $"{string.Join(' ', group.Norms.Concat(group.Vectors).Select(Text))} | {string.Join(' ', group.Children.Select(Text))}";

    static string Text(ChannelRun run)
    {
        string part = run.Places is { PartCount: > 1 } parts ? $":{parts.Part}" : "";
        return run.Places is { } places ? $"{run.Layer}[{string.Join(' ', places.At)}{part}]" : run.Layer;
    }
}
