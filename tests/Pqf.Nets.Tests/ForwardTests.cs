using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class ForwardTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    public void Logits_of_a_generated_network_are_PyTorchs(string name)
    {
        using var reference = ReferenceCase.Open($"network_{name}");
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name));
        var parameters = GeneratedWeights.Parameters(graph, device, name);
        var logits = Forward.Run(graph, parameters, GeneratedWeights.Images(device, "image", [2, 3, 64, 64]));
        Close.Check(reference.Read("eval_logits").Values, logits.ToArray(), 1e-4); // tolerance: the reference's README
    }

    [Fact]
    public void Logits_of_the_small_residual_network_are_PyTorchs()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet20", classCount: 10, inChannels: 1, width: 4));
        var logits = Forward.Run(
            graph,
            GeneratedWeights.Parameters(graph, device, "resnet20"),
            GeneratedWeights.Images(device, "image", [2, 1, 28, 28])
        );
        // Produced by: fill(m, "resnet20"); m.eval()(splitmix("image", 2·28·28) · 4 − 2), m as in ResNetTests but of width 4, functions of
        // the reference cases' generate.py, PyTorch 1.13.
        float[] expected =
        [
            3.276649236679077f,
            3.2462072372436523f,
            2.5248665809631348f,
            -3.316847801208496f,
            -2.3980791568756104f,
            -0.4585983455181122f,
            0.9697365760803223f,
            2.608696222305298f,
            -2.0655221939086914f,
            2.3057687282562256f,
            3.512758493423462f,
            3.2431273460388184f,
            2.2897775173187256f,
            -3.49845027923584f,
            -2.5868079662323f,
            -0.31105759739875793f,
            0.7772104740142822f,
            2.819812059402466f,
            -2.1180686950683594f,
            2.2445881366729736f,
        ];
        Close.Check(expected, logits.ToArray(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_small_network_gives_the_hosts_values_on_every_device(DeviceKind kind)
    {
        var graph = TestGraphs.Small();
        var host = Use(DeviceKind.Host);
        var expected = Forward
            .Run(graph, GeneratedWeights.Parameters(graph, host, "small"), GeneratedWeights.Images(host, "image", [2, 3, 8, 8]))
            .ToArray();
        var device = Use(kind);
        var actual = Forward.Run(
            graph,
            GeneratedWeights.Parameters(graph, device, "small"),
            GeneratedWeights.Images(device, "image", [2, 3, 8, 8])
        );
        Close.Check(expected, actual.ToArray(), 1e-5);
    }

    [Fact]
    public void Values_are_freed_when_their_last_reader_is_done()
    {
        var device = Use(DeviceKind.Host);
        var graph = new GraphBuilder();
        int x = graph.Input(4);
        for (int i = 0; i < 20; i++)
            x = graph.Relu(x);
        var images = Tensor<float>.Zeros(device, [1, 8, 8, 4]);
        int before = device.LiveBuffers;
        Forward.Run(graph.Build(), Parameters.Empty, images);
        Assert.Equal(before + 1, device.LiveBuffers);
    }

    [Fact]
    public void Quantised_weights_give_what_their_decoded_form_gives()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var quantised = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small"));
        var decoded = new Parameters(
            quantised.Values.ToImmutableDictionary(pair => pair.Key, Weight (pair) => new Weight.Dense(pair.Value.Decode()))
        );
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        Assert.Equal(Forward.Run(graph, decoded, images).ToArray(), Forward.Run(graph, quantised, images).ToArray());
    }

    [Fact]
    public void Flatten_goes_channel_by_channel()
    {
        var device = Use(DeviceKind.Host);
        var graph = new GraphBuilder();
        graph.Flatten(graph.Input(2));
        var images = Tensor<float>.From(device, [1, 2, 2, 2], [1, 10, 2, 20, 3, 30, 4, 40]);
        Assert.Equal([1, 2, 3, 4, 10, 20, 30, 40], Forward.Run(graph.Build(), Parameters.Empty, images).ToArray());
    }

    [Fact]
    public void Statistics_are_the_mean_and_biased_variance_of_each_norms_input()
    {
        var device = Use(DeviceKind.Host);
        var graph = new GraphBuilder();
        graph.BatchNorm(graph.Input(2), "bn", eps: 0);
        var parameters = GeneratedWeights.Parameters(graph.Build(), device, "bn");
        var images = Tensor<float>.From(device, [2, 1, 2, 2], [1, 0, 2, 0, 3, 4, 6, 4]);
        var (_, norms) = Forward.WithStatistics(graph.Build(), parameters, images, NormMode.Running);
        var seen = Assert.Single(norms);
        Assert.Equal(("bn", 4), (seen.Layer, seen.Count));
        Assert.Equal([3f, 2f], seen.Mean.ToArray());
        Assert.Equal([3.5f, 4f], seen.Variance.ToArray());
    }

    [Fact]
    public void Running_mode_with_statistics_gives_the_plain_value()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, device, "small");
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        var (output, norms) = Forward.WithStatistics(graph, parameters, images, NormMode.Running);
        Assert.Equal(Forward.Run(graph, parameters, images).ToArray(), output.ToArray());
        Assert.Equal(["bn1", "block.bn1", "block.bn2", "block.downsample.1"], norms.Select(norm => norm.Layer));
    }

    [Fact]
    public void Batch_mode_normalises_with_the_batchs_own_statistics()
    {
        using var reference = ReferenceCase.Open("batch_norm_train");
        var device = Use(DeviceKind.Host);
        var graph = new GraphBuilder();
        graph.BatchNorm(graph.Input(6), "bn");
        var parameters = new[] { "weight", "bias", "running_mean", "running_var" }.Aggregate(
            Parameters.Empty,
            (all, name) => all.With($"bn.{name}", new Weight.Dense(reference.Read(name).On(device)))
        );
        var (output, _) = Forward.WithStatistics(
            graph.Build(),
            parameters,
            reference.Read("x").ToChannelsLast().On(device),
            NormMode.Batch
        );
        Close.Check(reference.Read("out").ToChannelsLast().Values, output.ToArray(), 1e-5);
    }

    [Fact]
    public void Folding_norms_leaves_the_function_unchanged()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, device, "small");
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        var folded = Norms.Fold(graph, parameters);
        Assert.Equal(new float[8], folded["block.bn2.running_mean"].Decode().ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], folded["block.bn2.running_var"].Decode().ToArray());
        Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, folded, images), 1e-5);
    }

    [Fact]
    public void A_missing_parameter_is_named()
    {
        var device = Use(DeviceKind.Host);
        var thrown = Assert.Throws<KeyNotFoundException>(() =>
            Forward.Run(TestGraphs.Small(), Parameters.Empty, Tensor<float>.Zeros(device, [1, 8, 8, 3]))
        );
        Assert.Equal("Parameters: expected conv1.weight, which is not among the 0 names", thrown.Message);
    }
}
