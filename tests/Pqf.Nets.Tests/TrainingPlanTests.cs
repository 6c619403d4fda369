using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class TrainingPlanTests(DeviceSet devices) : DeviceTest(devices)
{
    // Two images leave eight values of a channel in the last stage of ResNet-50: PyTorch's single gradients of conv1 are off from its own
    // doubles by 4e-3 of the largest.
    [Theory]
    [InlineData("resnet18", 1e-3)]
    [InlineData("resnet50", 1e-2)]
    public void Loss_gradients_and_statistics_of_a_generated_network_are_PyTorchs(string name, double tolerance)
    {
        using var reference = ReferenceCase.Open($"network_{name}");
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name));
        var parameters = GeneratedWeights.Parameters(graph, device, name);
        var images = GeneratedWeights.Images(device, "image", [2, 3, 64, 64]);
        var target = OneHot.Create(device, [.. reference.Read("target").Values.Select(value => (int)value)], 1000);
        var result = Gradients.Of(graph, parameters, images, target);
        // Tolerances: the reference's README.
        Close.Check(reference.Read("train_loss").Values, result.Loss.ToArray(), 1e-5);
        float[] norms = reference.Read("grad_norms").Values;
        string[] names = [.. reference.Parameters.GetProperty("parameters").EnumerateArray().Select(element => element.GetString()!)];
        Assert.Equal(names.Order(), result.Gradients.Keys.Order());
        for (int i = 0; i < names.Length; i++)
            Assert.InRange(Norm(result.Gradients[names[i]]) / norms[i], 1 - 1e-3, 1 + 1e-3);
        Close.Check(reference.Read("conv1_grad").Values, result.Gradients["conv1.weight"].ToArray(), tolerance);
        Close.Check(
            reference.Read("fc_weight_grad").Values,
            result.Gradients["fc.weight"].ToArray().AsSpan(0, reference.Read("fc_weight_grad").Values.Length),
            1e-3
        );
        Norms.Update(parameters, result.Extra);
        Close.Check(reference.Read("running_mean_after").Values, parameters["bn1.running_mean"].Decode().ToArray(), 1e-5);
        Close.Check(reference.Read("running_var_after").Values, parameters["bn1.running_var"].Decode().ToArray(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_small_network_has_the_hosts_gradients_on_every_device(DeviceKind kind)
    {
        var graph = TestGraphs.Small();
        Evaluation<ImmutableArray<NormStatistics>> Run(Device device, Func<Parameters, Parameters> form) =>
            Gradients.Of(
                graph,
                form(GeneratedWeights.Parameters(graph, device, "small")),
                GeneratedWeights.Images(device, "image", [2, 3, 8, 8]),
                OneHot.Create(device, [4, 0], 5, 0.1f)
            );
        foreach (
            var form in (Func<Parameters, Parameters>[])[parameters => parameters, parameters => TestGraphs.Quantise(graph, parameters)]
        )
        {
            var expected = Run(Use(DeviceKind.Host), form);
            var actual = Run(Use(kind), form);
            Close.Check(expected.Loss.ToArray(), actual.Loss.ToArray(), 1e-5);
            // A bias before a norm: its gradient is but rounding
            foreach (string name in expected.Gradients.Keys.Where(name => name != "block.conv2.bias"))
                Close.Check(expected.Gradients[name].ToArray(), actual.Gradients[name].ToArray(), 1e-4);
            foreach (var (a, b) in expected.Extra.Zip(actual.Extra))
                Close.Check(a.Variance.ToArray(), b.Variance.ToArray(), 1e-5);
        }
    }

    [Fact]
    public void Gradients_of_a_batch_are_the_means_of_its_images_gradients()
    {
        // One image has too few tiles for Winograd's algorithm in any stage, six have enough in the first two.
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet20", classCount: 10));
        var parameters = GeneratedWeights.Parameters(graph, device, "resnet20");
        const int Count = 6;
        Shape one = [1, 28, 28, 3];
        float[] images = GeneratedWeights.Images(device, "image", [Count, 3, 28, 28]).ToArray();
        var all = Gradients.Of(
            graph,
            parameters,
            Tensor<float>.From(device, [Count, 28, 28, 3], images),
            OneHot.Create(device, [4, 0, 2, 1, 3, 3], 10),
            NormMode.Running
        );
        var each = images
            .Chunk(one.Count)
            .Zip(
                [4, 0, 2, 1, 3, 3],
                (image, number) =>
                    Gradients
                        .Of(
                            graph,
                            parameters,
                            Tensor<float>.From(device, one, image),
                            OneHot.Create(device, [number], 10),
                            NormMode.Running
                        )
                        .Gradients
            )
            .ToArray();
        foreach (string name in all.Gradients.Keys)
        {
            float[][] single = [.. each.Select(gradients => gradients[name].ToArray())];
            Close.Check(
                [.. Enumerable.Range(0, single[0].Length).Select(i => single.Average(gradient => gradient[i]))],
                all.Gradients[name].ToArray(),
                1e-4
            );
        }
    }

    [Fact]
    public void A_step_is_the_same_to_the_bit_with_one_two_and_three_threads()
    {
        byte[] Step(int threads)
        {
            using var device = new HostDevice(threads);
            using var scope = device.BeginScope();
            var graph = TestGraphs.Build(new Architecture("resnet20", classCount: 10)); // by both of the convolution's algorithms
            var parameters = Initialise.Random(graph, device, RngKey.FromSeed(1));
            var images = GeneratedWeights.Images(device, "image", [6, 3, 28, 28]);
            var result = Gradients.Of(graph, parameters, images, OneHot.Create(device, [4, 0, 2, 1, 3, 3], 10));
            var optimizer = new Optimizer.Adam();
            var trainable = Trainable.Of(graph, parameters);
            optimizer.Step(trainable, result.Gradients, optimizer.Start(trainable), 1e-3);
            Norms.Update(parameters, result.Extra);
            return
            [
                .. result
                    .Loss.ToArray()
                    .Concat(
                        parameters
                            .Values.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                            .SelectMany(pair => pair.Value.Decode().ToArray())
                    )
                    .SelectMany(BitConverter.GetBytes),
            ];
        }

        byte[] one = Step(1);
        Assert.Equal(one, Step(2));
        Assert.Equal(one, Step(3));
    }

    [Theory]
    [InlineData(NormMode.Batch)]
    [InlineData(NormMode.Running)]
    public void Gradients_are_adjoint_to_differences_of_the_loss(NormMode mode)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small"));
        var images = GeneratedWeights.Images(device, "image", [6, 3, 8, 8]);
        var target = OneHot.Create(device, [4, 0, 2, 1, 3, 3], 5);
        var gradients = Gradients.Of(graph, parameters, images, target, mode).Gradients;
        foreach (var (name, tensor) in Trainable.Of(graph, parameters))
        {
            // Singles leave differences few digits: a step along the gradient itself, where the difference is largest.
            float[] before = tensor.ToArray(),
                gradient = gradients[name].ToArray();
            double norm = Norm(gradients[name]),
                step = 1e-3;
            double At(double step)
            {
                tensor.Overwrite([.. before.Zip(gradient, (value, slope) => (float)(value + (step * slope / norm)))]);
                return Gradients.Of(graph, parameters, images, target, mode).Loss.ToArray()[0];
            }

            double difference = (At(step) - At(-step)) / (2 * step);
            tensor.Overwrite(before);
            Assert.True(Math.Abs(difference - norm) < (0.03 * norm) + 2e-4, $"{name}: slope {difference}, gradient {norm}");
        }
    }

    [Fact]
    public void Values_are_the_plain_interpreters()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small"));
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        foreach (var mode in Enum.GetValues<NormMode>())
        {
            using var scope = device.BeginScope();
            var recorded = TrainingPlan
                .Create(graph, parameters, images.Shape)
                .Run(new Tape(scope), ImmutableDictionary<string, Variable>.Empty, images, mode);
            Assert.False(recorded.Output.NeedsGradient);
            Close.Check(Forward.WithStatistics(graph, parameters, images, mode).Output, recorded.Output.Value, 1e-6);
        }
    }

    [Fact]
    public void An_evaluation_leaves_its_results_and_nothing_else()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, device, "small");
        var (images, target) = (GeneratedWeights.Images(device, "image", [2, 3, 8, 8]), OneHot.Create(device, [4, 0], 5));
        int before = device.LiveBuffers;
        var result = Gradients.Of(graph, parameters, images, target);
        Assert.Equal(before + 1 + result.Gradients.Count + (2 * result.Extra.Length), device.LiveBuffers);
    }

    [Fact]
    public void One_value_of_a_channel_is_too_few_to_train_on()
    {
        var device = Use(DeviceKind.Host);
        var graph = new GraphBuilder();
        graph.BatchNorm(graph.GlobalAvgPool(graph.Input(3)), "bn");
        var parameters = GeneratedWeights.Parameters(graph.Build(), device, "one");
        using var scope = device.BeginScope();
        var images = Tensor<float>.Zeros(device, [1, 2, 2, 3]);
        var e = Assert.Throws<ShapeException>(() =>
            TrainingPlan
                .Create(graph.Build(), parameters, images.Shape)
                .Run(new Tape(scope), ImmutableDictionary<string, Variable>.Empty, images, NormMode.Batch)
        );
        Assert.Equal("BatchNorm: expected more than one value of each channel to train on, got [1, 1, 1, 3]", e.Message);
    }

    static double Norm(Tensor<float> tensor) => Math.Sqrt(tensor.ToArray().Sum(value => (double)value * value));
}
