using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Squeeze-and-excitation in a compiled plan: the convolution behind scales its input as it reads it.</summary>
public class SqueezeTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly Conv2dOptions Same = new() { Padding = 1 };

    public enum Gate
    {
        Sigmoid,
        HardSigmoid,
    }

    [Theory]
    [InlineData(Gate.Sigmoid, 33, 9, true)]
    [InlineData(Gate.Sigmoid, 48, 6, false)]
    [InlineData(Gate.HardSigmoid, 16, 5, true)]
    [InlineData(Gate.HardSigmoid, 7, 4, false)]
    public void No_step_multiplies_and_the_values_are_the_plain_interpreters(Gate gate, int channels, int size, bool isScaleFirst)
    {
        foreach (int batch in (int[])[1, 3])
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var device = new HostDevice(threads);
            using var scope = device.BeginScope();
            var builder = New();
            var (value, scale) = Squeezed(builder, gate, channels);
            builder.Conv2d(isScaleFirst ? builder.Multiply(scale, value) : builder.Multiply(value, scale), "project", 11, 1);
            var graph = builder.Build();
            var plan = Check(device, graph, batch, size);
            Assert.DoesNotContain(plan.Steps, step => graph.Nodes[step.Head] is MultiplyLayer);
            var step = Assert.Single(plan.Steps, step => step.Factors is not null);
            Assert.Equal([value, scale], step.Factors!.Value);
        }
    }

    [Fact]
    public void Results_are_the_same_bytes_with_one_two_and_three_threads()
    {
        float[] Run(int threads)
        {
            using var device = new HostDevice(threads);
            using var scope = device.BeginScope();
            var graph = Projected(builder => Squeezed(builder, Gate.Sigmoid, 48));
            var parameters = GeneratedWeights.Parameters(graph, device, "squeeze");
            var images = GeneratedWeights.Images(device, "image", [2, 3, 19, 17]);
            return InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray();
        }

        float[] one = Run(1);
        Assert.Equal(one, Run(2));
        Assert.Equal(one, Run(3));
    }

    [Fact]
    public void A_plan_for_one_pixel_and_one_for_many_share_the_scaled_convolution()
    {
        var device = Use(DeviceKind.Host);
        var graph = Projected(builder => Squeezed(builder, Gate.Sigmoid, 20));
        var parameters = GeneratedWeights.Parameters(graph, device, "squeeze");
        var plan = InferencePlan.Compile(graph, parameters, device, [3, 6, 6, 3]);
        var pixels = GeneratedWeights.Images(device, "image", [2, 3, 1, 1]);
        Close.Check(Forward.Run(graph, parameters, pixels), plan.For([2, 1, 1, 3]).Run(pixels), 1e-5);
        // One pixel alone does not say which of the two is the scale.
        Assert.DoesNotContain(InferencePlan.Compile(graph, parameters, device, [2, 1, 1, 3]).Steps, step => step.Factors is not null);
    }

    [Fact]
    public void A_product_that_others_read_too_is_a_step_of_its_own()
    {
        var device = Use(DeviceKind.Host);
        var builder = New();
        var (value, scale) = Squeezed(builder, Gate.Sigmoid, 16);
        int product = builder.Multiply(value, scale);
        builder.Add(builder.Conv2d(product, "project", 16, 1), product);
        Assert.DoesNotContain(Check(device, builder.Build(), 2, 6).Steps, step => step.Factors is not null);

        builder = New();
        (value, scale) = Squeezed(builder, Gate.Sigmoid, 16);
        product = builder.Multiply(value, scale);
        int projected = builder.Conv2d(product, "project", 8, 1);
        Assert.DoesNotContain(Check(device, builder.Build([product, projected]), 2, 6).Steps, step => step.Factors is not null);
    }

    [Fact]
    public void Other_products_and_other_convolutions_do_not_join()
    {
        var device = Use(DeviceKind.Host);
        ImmutableArray<(Func<GraphBuilder, (int, int)> Operands, int Kernel)> cases =
        [
            (builder => Squeezed(builder, Gate.Sigmoid, 16), 3),
            (builder => (builder.Conv2d(0, "a", 16, 3, Same), builder.Conv2d(0, "b", 16, 3, Same)), 1), // of the same size
            (builder => (builder.Conv2d(0, "a", 16, 3, Same), builder.Conv2d(0, "b", 1, 3, Same)), 1), // a value a pixel
        ];
        foreach (var (operands, kernel) in cases)
            Assert.DoesNotContain(Check(device, Projected(operands, kernel), 2, 6).Steps, step => step.Factors is not null);
    }

    static Graph Projected(Func<GraphBuilder, (int, int)> operands, int kernel = 1)
    {
        var builder = New();
        var (left, right) = operands(builder);
        builder.Conv2d(builder.Multiply(left, right), "project", 11, kernel);
        return builder.Build();
    }

    static GraphBuilder New()
    {
        var builder = new GraphBuilder();
        builder.Input(3);
        return builder;
    }

    /// <summary>A value of the images and the scale of its channels.</summary>
    static (int Value, int Scale) Squeezed(GraphBuilder builder, Gate gate, int channels)
    {
        int value = builder.Silu(builder.Conv2d(0, "stem", channels, 3, Same)),
            squeezed = builder.Silu(builder.Conv2d(builder.GlobalAvgPool(value), "squeeze", 4, 1, hasBias: true)),
            excited = builder.Conv2d(squeezed, "excite", channels, 1, hasBias: true);
        return (value, gate == Gate.Sigmoid ? builder.Sigmoid(excited) : builder.HardSigmoid(excited));
    }

    /// <summary>A plan that gives what the plain interpreter gives.</summary>
    static InferencePlan Check(Device device, Graph graph, int batch, int size)
    {
        var parameters = GeneratedWeights.Parameters(graph, device, "squeeze");
        var images = GeneratedWeights.Images(device, "image", [batch, 3, size, size]);
        var plan = InferencePlan.Compile(graph, parameters, device, images.Shape);
        var expected = Forward.Outputs(graph, parameters, images, []);
        var actual = plan.RunAll(images);
        for (int i = 0; i < expected.Length; i++)
            Close.Check(expected[i], actual[i], 1e-5);
        return plan;
    }
}
