using FsCheck.Xunit;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;

namespace Pqf.Properties;

/// <summary>Laws of channel groups on networks that move channels about: cut, shuffled, put together, added crosswise, read by layers that
/// are used several times. Few channels, so that they often meet again.</summary>
public class ChannelProperties
{
    [Property(MaxTest = 500)]
    public void Reordering_any_group_leaves_the_function_unchanged(byte[] steps, int seed)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = Network(steps);
        var parameters = GeneratedWeights.Parameters(graph, device, "channels");
        var images = GeneratedWeights.Images(device, "channels", [2, 3, 3, 2]);
        var expected = Forward.Outputs(graph, parameters, images, []);
        foreach (var group in ChannelGroups.Of(graph))
        {
            int[] order = RngKey.FromSeed(seed).Fold(group.Parents[0]).Permutation(group.ChannelCount);
            foreach (var (before, after) in expected.Zip(Forward.Outputs(graph, group.Apply(parameters, order), images, [])))
                Close.Check(before, after, 1e-4);
        }
    }

    /// <summary>Two bytes are a step: its kind, and which earlier values it reads. A value in the middle is an output too.</summary>
    static Graph Network(byte[] steps)
    {
        var graph = new GraphBuilder();
        int images = graph.Input(3);
        var values = new List<int> { images, graph.Conv2d(images, "first", 4, 1) };
        for (int i = 0; i + 1 < steps.Length && i < 24; i += 2)
            values.Add(Step(graph, values, steps[i] % 12, steps[i + 1], $"layer{i}"));
        int all = graph.Concat([.. values.Skip(values.Count / 2)]);
        int last = graph.Conv2d(graph.Conv2d(all, "middle", 4, 1), "last", 2, 1);
        return graph.Build(steps.Length % 4 == 0 ? [values[values.Count / 2], last] : [last]);
    }

    static int Step(GraphBuilder graph, List<int> values, int kind, byte choice, string name)
    {
        int x = values[^(1 + (choice % Math.Min(3, values.Count)))],
            y = values[choice / 3 % values.Count],
            count = graph.Channels(x);
        switch (kind)
        {
            case 0:
                return graph.Conv2d(x, name, 4, 1, hasBias: true);
            case 1 when count + graph.Channels(y) <= 16:
                return graph.Concat([x, y]);
            case 2 when count > 1:
                return graph.Concat([.. graph.Split(x, count / 2, count - (count / 2)).Reverse()]);
            case 3 when count % 2 == 0:
                return graph.ChannelShuffle(x, 2);
            case 4:
                int other = values.LastOrDefault(value => value != x && graph.Channels(value) == count, x);
                return graph.Add(x, graph.Tanh(other));
            case 5 when count > 2:
                return graph.SliceChannels(x, choice % 2, count - (choice / 2 % 2));
            case 6:
                return graph.BatchNorm(x, name);
            case 7 when count % 2 == 0:
                return graph.Conv2d(x, name, 4, 1, new Conv2dOptions { Groups = 2 }, hasBias: true);
            case 8 when count > 1:
                return graph.Conv2d(x, name, count, 1, new Conv2dOptions { Groups = count });
            case 9 when count == 4:
                return graph.Conv2d(x, "shared", 4, 1);
            case 10:
                return graph.Multiply(x, graph.Sigmoid(graph.Conv2d(graph.GlobalAvgPool(y), name, count, 1)));
            case 11 when choice % 4 == 0:
                return graph.LocalResponseNorm(x, new(3));
            default:
                return graph.Relu(x);
        }
    }
}
