using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Each kind of layer answers all interpreters alike.</summary>
public class LayerTests(DeviceSet devices) : DeviceTest(devices)
{
    // Rounding of sums of at most 24 products, in another order.
    const double Tolerance = 1e-5;

    public static TheoryData<string> Samples { get; } = [.. SampleLayers.All.Select(sample => sample.Name)];

    [Fact]
    public void Every_kind_of_layer_has_a_sample() =>
        Assert.Equal(
            typeof(Layer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Layer)) && !type.IsAbstract).ToHashSet(),
            SampleLayers
                .All.Select(sample => sample.Layer.GetType())
                .Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type)
                .ToHashSet()
        );

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_value_has_the_shape_that_its_layer_gives(string name)
    {
        var (sample, parameters, images) = Sample(name);
        var shapes = GraphShapes.Of(sample.Graph, images.Shape);
        Assert.Equal(shapes[sample.Number], Plain(At(sample), parameters, images).Shape);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_layer_reads_every_parameter_that_it_lists(string name)
    {
        var (sample, parameters, images) = Sample(name);
        foreach (var spec in sample.Layer.Parameters)
        {
            var without = new Parameters(parameters.Values.Remove(spec.Name));
            var thrown = Assert.Throws<KeyNotFoundException>(() => Plain(At(sample), without, images));
            Assert.Contains(spec.Name, thrown.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_layer_with_a_weight_counts_its_products(string name)
    {
        var sample = Find(name);
        bool hasWeight = sample.Layer.Parameters.Any(spec => spec.Role == ParameterRole.Weight);
        Assert.Equal(hasWeight, sample.Layer.MultiplyAdds(GraphShapes.Of(sample.Graph, SampleLayers.Images)[sample.Number]) > 0);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Parameters_start_with_numbers_that_a_run_takes(string name)
    {
        var (sample, _, images) = Sample(name);
        var random = Initialise.Random(sample.Graph, images.Device, RngKey.FromSeed(3));
        Assert.All(Plain(sample.Graph, random, images).ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_compiled_plan_gives_the_values_of_the_plain_run(string name)
    {
        var (sample, parameters, images) = Sample(name);
        if (sample.Layer.IsJoint)
            Assert.Throws<NotSupportedException>(() => InferencePlan.Compile(sample.Graph, parameters, images.Device, images.Shape));
        else
            foreach (var graph in Cuts(sample))
                Close.Check(
                    Plain(graph, parameters, images),
                    InferencePlan.Compile(graph, parameters, images.Device, images.Shape).Run(images),
                    Tolerance
                );
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_recorded_run_gives_the_values_of_the_plain_run(string name)
    {
        var (sample, parameters, images) = Sample(name);
        Tensor<float> Recorded(Graph graph)
        {
            using var scope = images.Device.BeginScope();
            var run = TrainingPlan
                .Create(graph, parameters, images.Shape)
                .Run(new Tape(scope), ImmutableDictionary<string, Variable>.Empty, images, NormMode.Running);
            return scope.Keep(run.Output.Value);
        }

        if (sample.Layer.IsJoint)
            Assert.Throws<NotSupportedException>(() => Recorded(sample.Graph));
        else
            foreach (var graph in Cuts(sample))
                Close.Check(Plain(graph, parameters, images), Recorded(graph), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Channels_keep_the_order_that_their_layer_tells(string name)
    {
        var (sample, parameters, images) = Sample(name);
        var expected = Plain(sample.Graph, parameters, images);
        foreach (var group in ChannelGroups.Of(sample.Graph))
        {
            int[] order = RngKey.FromSeed(5).Fold(group.Parents[0]).Permutation(group.ChannelCount);
            Close.Check(expected, Plain(sample.Graph, group.Apply(parameters, order), images), Tolerance);
        }
    }

    static SampleLayer Find(string name) => SampleLayers.All.Single(sample => sample.Name == name);

    (SampleLayer Sample, Parameters Parameters, Tensor<float> Images) Sample(string name)
    {
        var (sample, device) = (Find(name), Use(DeviceKind.Host));
        var parameters = GeneratedWeights.Parameters(sample.Graph, device, name);
        var (n, size, channels) = (SampleLayers.Images[0], SampleLayers.ImageSize, SampleLayers.Images[3]);
        return (sample, parameters, GeneratedWeights.Images(device, name, [n, channels, size, size]));
    }

    /// <summary>The whole network; the layer's value alone; and its value with those it reads, so that no step takes it in.</summary>
    static IEnumerable<Graph> Cuts(SampleLayer sample) =>
        sample.Layer.IsInput
            ? [sample.Graph]
            :
            [
                sample.Graph,
                At(sample),
                sample.Graph with
                {
                    Outputs = [.. sample.Layer.Inputs.Append(sample.Number).Distinct().Order()],
                },
                sample.Graph with
                {
                    Outputs = [sample.Number, sample.Graph.Output],
                },
            ];

    static Graph At(SampleLayer sample) => sample.Graph with { Outputs = [sample.Number] };

    static Tensor<float> Plain(Graph graph, Parameters parameters, Tensor<float> images) =>
        Forward.Outputs(graph, parameters, images, SampleLayers.Boxes)[^1];
}
