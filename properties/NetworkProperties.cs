using System.Collections.Immutable;
using FsCheck;
using FsCheck.Xunit;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of networks, on networks drawn at random: all kinds of layers, with a linear tail over one pixel or many.</summary>
public class NetworkProperties
{
    // Rounding only: sums of the same terms in another order, seen in the largest value of the result. That one may itself be what is left
    // of larger terms
    // that nearly cancel: one network in some thousands is off by more than 1e-5 (pieces 130 37 26 130 240 68 55 50, tail 233: by 3.5e-5).
    const double Tolerance = 1e-4;

    [Property(MaxTest = 200)]
    public void Reordering_any_group_leaves_the_function_unchanged(byte[] pieces, byte tail, int seed)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        var images = RandomNetwork.Images(device, 2);
        var expected = Forward.Run(graph, parameters, images);
        foreach (var group in ChannelGroups.Of(graph))
        {
            var reordered = group.Apply(parameters, Order(group, seed));
            Close.Check(expected, Forward.Run(graph, reordered, images), Tolerance);
        }
    }

    [Property(MaxTest = 50)]
    public void Every_channel_that_is_not_at_an_end_is_in_one_group(byte[] pieces, byte tail)
    {
        var graph = RandomNetwork.Of(pieces.Where(piece => !RandomNetwork.HasSingleChannels(piece)), tail);
        var rows = graph
            .Nodes.SelectMany(node => node.Parameters.Where(spec => spec.Role == ParameterRole.Weight))
            .Select(spec => (spec.Layer, Count: spec.Shape[spec.Layer.StartsWith("up", StringComparison.Ordinal) ? 1 : 0]))
            .ToList();
        Assert.Equal(
            rows[..^1].SelectMany(layer => Enumerable.Range(0, layer.Count).Select(row => (layer.Layer, row))).Order(),
            ChannelGroups.Of(graph).SelectMany(group => group.Rows.SelectMany(run => Places(group, run))).Order()
        );
    }

    [Property(MaxTest = 100)]
    public void Channels_of_the_images_and_of_the_outputs_stay(byte[] pieces, byte tail)
    {
        var graph = RandomNetwork.Of(pieces, tail);
        string[] layers =
        [
            .. graph.Nodes.SelectMany(node => node.Parameters.Where(spec => spec.Role == ParameterRole.Weight)).Select(spec => spec.Layer),
        ];
        foreach (var group in ChannelGroups.Of(graph))
        {
            Assert.DoesNotContain(group.Children, child => child.Layer == layers[0]);
            Assert.DoesNotContain(layers[^1], group.Parents);
        }
    }

    [Property(MaxTest = 200)]
    public void No_axis_has_a_channel_in_two_groups(byte[] pieces, byte tail)
    {
        var groups = ChannelGroups.Of(RandomNetwork.Of(pieces, tail));
        foreach (Func<ChannelGroup, IEnumerable<ChannelRun>> axes in AxesOfGroups)
        {
            var places = groups.SelectMany(group => axes(group).SelectMany(run => Places(group, run))).ToList();
            Assert.Equal(places.Distinct().Count(), places.Count);
        }
    }

    [Property(MaxTest = 100)]
    public void The_inverse_order_restores_every_weight(byte[] pieces, byte tail, int seed)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        foreach (var group in ChannelGroups.Of(graph))
        {
            int[] order = Order(group, seed);
            var restored = group.Apply(group.Apply(parameters, order), ChannelGroup.Inverse(order));
            foreach (string name in parameters.Values.Keys)
                Assert.Equal(parameters[name].Decode().ToArray(), restored[name].Decode().ToArray());
        }
    }

    [Property(MaxTest = 100)]
    public void Orders_in_place_give_what_copies_give(byte[] pieces, byte tail, int seed)
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        var orders = ChannelGroups.Of(graph).Select(group => (group, ImmutableArray.Create(Order(group, seed)))).ToList();
        var copies = ChannelGroup.Apply(parameters, orders);
        Assert.True(ChannelGroup.ApplyInPlace(parameters, orders));
        foreach (string name in parameters.Values.Keys)
            Assert.Equal(copies[name].Decode().ToArray(), parameters[name].Decode().ToArray());
    }

    [Property(MaxTest = 200)]
    public void A_plan_gives_what_the_plain_interpreter_gives(byte[] pieces, byte tail)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        var plan = InferencePlan.Compile(graph, parameters, device, RandomNetwork.Images(device, 3).Shape);
        foreach (int count in (int[])[3, 1, 2, 3])
        {
            var images = RandomNetwork.Images(device, count);
            // Values within are of size 1, and so are their errors; a ReLU near the end may leave next to nothing of them.
            Close.Check(Forward.Run(graph, parameters, images), plan.Run(images), Tolerance, leastScale: 0.01);
        }
    }

    // Its last ReLU cuts all of one image but 2·10⁻⁵.
    [Property(MaxTest = 1, Replay = "1251577226343760118,14743224383479108939,87")]
    public void A_plan_of_a_network_that_gives_next_to_nothing(byte[] pieces, byte tail) =>
        A_plan_gives_what_the_plain_interpreter_gives(pieces, tail);

    [Property(MaxTest = 100)]
    public void Folding_norms_leaves_the_function_unchanged(byte[] pieces, byte tail)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        var images = RandomNetwork.Images(device, 2);
        Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, Norms.Fold(graph, parameters), images), Tolerance);
    }

    [Property(MaxTest = 60)]
    public void An_ONNX_model_read_back_is_the_same_function(byte[] pieces, byte tail)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var folder = new TemporaryFolder();
        var graph = RandomNetwork.OfOnnx(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        var images = RandomNetwork.Images(device, 2);
        OnnxWriter.Write(folder.File("a.onnx"), graph, parameters, images.Shape, new Dictionary<string, string>()).Value();
        using var file = TensorFiles.Open(folder.File("a.onnx")).Value();
        var (read, report) = StateDict.Load(graph, file, device).Value();
        Assert.Equal("", report.ToString());
        Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, read, images), Tolerance);
    }

    static readonly ImmutableArray<Func<ChannelGroup, IEnumerable<ChannelRun>>> AxesOfGroups =
    [
        group => group.Rows,
        group => group.Norms,
        group => group.Vectors,
        group => group.Children,
    ];

    static IEnumerable<(string Layer, int Place)> Places(ChannelGroup group, ChannelRun run) =>
        Enumerable
            .Range(0, group.ChannelCount)
            .Select(i => run.Places is { } places ? (run.Layer, (places.Part * places.AxisLength) + places.At[i]) : (run.Layer, i));

    static int[] Order(ChannelGroup group, int seed) => RngKey.FromSeed(seed).Fold(group.Parents[0]).Permutation(group.ChannelCount);
}
