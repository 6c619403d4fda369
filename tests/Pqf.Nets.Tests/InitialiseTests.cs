using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class InitialiseTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(4);

    static double[] Values(Parameters parameters, string name) => [.. parameters[name].Decode().ToArray().Select(value => (double)value)];

    static double Variance(double[] values) => values.Average(value => value * value) - Math.Pow(values.Average(), 2);

    [Fact]
    public void Every_parameter_is_there_in_its_shape()
    {
        var graph = TestGraphs.Small();
        var parameters = Initialise.Random(graph, Use(DeviceKind.Host), Key);
        Assert.Equal(
            ParameterSpecs.Of(graph).Select(spec => $"{spec.Name} {spec.Shape}").Order(StringComparer.Ordinal),
            parameters.Values.Select(pair => $"{pair.Key} {pair.Value.Shape}").Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Convolutions_are_normal_by_the_fan_of_their_outputs()
    {
        var graph = new GraphBuilder();
        graph.Conv2d(graph.Input(64), "conv", 128, 3);
        double[] values = Values(Initialise.Random(graph.Build(), Use(DeviceKind.Host), Key), "conv.weight");
        // 73,728 draws: the mean has a deviation of σ/271, the variance one of σ²/192, the share within σ one of 0.0017; six of each.
        double variance = 2.0 / (9 * 128);
        Assert.InRange(values.Average(), -6 * Math.Sqrt(variance) / 271, 6 * Math.Sqrt(variance) / 271);
        Assert.InRange(Variance(values) / variance, 1 - (6 / 192.0), 1 + (6 / 192.0));
        // A normal distribution's share within σ
        Assert.InRange(values.Count(value => value * value < variance) / 73_728.0, 0.6827 - 0.0102, 0.6827 + 0.0102);
    }

    [Fact]
    public void Linear_layers_and_biases_are_uniform_by_the_fan_of_their_inputs()
    {
        var graph = new GraphBuilder();
        int x = graph.Flatten(graph.GlobalAvgPool(graph.Conv2d(graph.Input(4), "conv", 1000, 3, hasBias: true)));
        graph.Linear(x, "fc", 1000, 50);
        var parameters = Initialise.Random(graph.Build(), Use(DeviceKind.Host), Key);
        AssertUniform(Values(parameters, "fc.weight"), 1 / Math.Sqrt(1000));
        AssertUniform(Values(parameters, "fc.bias"), 1 / Math.Sqrt(1000));
        AssertUniform(Values(parameters, "conv.bias"), 1 / 6.0);
    }

    // Of n draws in ±b the variance b²/3 has a deviation of 0.9 b²/3 ⁄ √n, the largest lies within 20b/n of b but for e⁻¹⁰.
    static void AssertUniform(double[] values, double bound)
    {
        Assert.InRange(values.Max(), bound * (1 - (20.0 / values.Length)), bound);
        Assert.InRange(values.Min(), -bound, -bound * (1 - (20.0 / values.Length)));
        Assert.InRange(
            values.Average(value => value * value) * 3 / (bound * bound),
            1 - (6 / Math.Sqrt(values.Length)),
            1 + (6 / Math.Sqrt(values.Length))
        );
    }

    [Fact]
    public void Norms_are_the_identity()
    {
        var parameters = Initialise.Random(TestGraphs.Small(), Use(DeviceKind.Host), Key);
        Assert.All(
            Values(parameters, "block.bn2.weight").Concat(Values(parameters, "block.bn2.running_var")),
            value => Assert.Equal(1, value)
        );
        Assert.All(
            Values(parameters, "block.bn2.bias").Concat(Values(parameters, "block.bn2.running_mean")),
            value => Assert.Equal(0, value)
        );
    }

    [Fact]
    public void A_layers_values_come_from_the_key_and_its_name_alone()
    {
        var device = Use(DeviceKind.Host);
        var parameters = Initialise.Random(TestGraphs.Build(new Architecture("resnet20", 10, 1)), device, Key);
        var other = Initialise.Random(TestGraphs.Build(new Architecture("resnet20", 7, 3)), device, Key);
        Assert.Equal(Values(parameters, "layer3.1.conv2.weight"), Values(other, "layer3.1.conv2.weight"));
        Assert.NotEqual(Values(parameters, "layer3.1.conv2.weight"), Values(parameters, "layer3.1.conv1.weight"));
        Assert.NotEqual(
            Values(parameters, "layer3.1.conv2.weight"),
            Values(Initialise.Random(TestGraphs.Build(new Architecture("resnet20")), device, RngKey.FromSeed(5)), "layer3.1.conv2.weight")
        );
    }

    [Fact]
    public void Layers_of_one_shape_are_not_correlated()
    {
        var parameters = Initialise.Random(TestGraphs.Build(new Architecture("resnet20")), Use(DeviceKind.Host), Key);
        double[] left = Values(parameters, "layer3.1.conv1.weight"),
            right = Values(parameters, "layer3.1.conv2.weight");
        // 36,864 products of independent normal values of variance 2/576: their mean has a deviation of (2/576)/192.
        Assert.InRange(left.Zip(right, (x, y) => x * y).Average() * 576 / 2 * 192, -6, 6);
    }
}
