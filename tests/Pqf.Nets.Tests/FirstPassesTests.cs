using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Steps whose values are large run for some images at a time, and nobody sees it in the results.</summary>
public class FirstPassesTests(DeviceSet devices) : DeviceTest(devices)
{
    // 72 × 72 pixels of 64 channels are 1.3 MB; a step of the block reads two of them and writes one.
    const int Size = 72;

    // Nodes: 1 stem, 2 and 3 the block's convolutions, 4 its sum, 5 pooling, 6 a convolution of small values, 7 mean, 8 classes.
    static Graph Network(params int[] outputs)
    {
        var builder = new GraphBuilder();
        int stem = builder.Relu(builder.Conv2d(builder.Input(3), "stem", 64, 3, new() { Padding = 1 }, hasBias: true)),
            block = builder.Conv2d(
                builder.Relu(builder.Conv2d(stem, "first", 64, 3, new() { Padding = 1 })),
                "second",
                64,
                3,
                new() { Padding = 1 }
            ),
            sum = builder.Relu(builder.Add(block, stem)),
            pooled = builder.MaxPool2d(sum, 4, 4, 0),
            small = builder.Relu(builder.Conv2d(pooled, "small", 32, 1)),
            classes = builder.Linear(builder.Flatten(builder.GlobalAvgPool(small)), "classes", 32, 5);
        return builder.Build([.. outputs, classes]);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Each_image_gets_the_values_that_it_has_in_a_batch_that_runs_at_once(int count)
    {
        var device = Use(DeviceKind.Host);
        var graph = Network();
        var parameters = GeneratedWeights.Parameters(graph, device, "passes");
        var images = GeneratedWeights.Images(device, "image", [count, 3, Size, Size]);
        var plan = InferencePlan.Compile(graph, parameters, device, [count, Size, Size, 3]);
        Assert.Equal(plan.For([4, Size, Size, 3]).Passes, FirstPasses.None);
        Assert.NotEqual(FirstPasses.None, plan.Passes);
        Assert.InRange(plan.Passes.Images, 3, 4);
        float[] whole = plan.Run(images).ToArray();
        for (int i = 0; i < count; i++)
        {
            var one = Tensor<float>.From(device, [1, Size, Size, 3], images.ToArray().AsSpan(i * Size * Size * 3, Size * Size * 3));
            float[] alone = plan.For([1, Size, Size, 3]).Run(one).ToArray();
            Assert.Equal(alone, whole.AsSpan(i * 5, 5).ToArray());
            Assert.Equal(alone, plan.Run(one).ToArray()); // fewer than a pass
        }

        Assert.Equal(whole, plan.Run(images).ToArray());
        Close.Check(Forward.Run(graph, parameters, images).ToArray(), whole, 1e-5);
    }

    [Fact]
    public void Passes_end_behind_the_large_steps_where_one_value_alone_goes_on()
    {
        var device = Use(DeviceKind.Host);
        var graph = Network();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "passes"), device, [8, Size, Size, 3]);
        var last = plan.Steps[plan.Passes.StepCount - 1];
        Assert.IsType<MaxPool2dLayer>(graph.Nodes[last.Head]);
        Assert.Equal(4, plan.Passes.StepCount);
    }

    [Fact]
    public void Passes_go_on_to_the_step_that_reads_an_earlier_small_value()
    {
        var device = Use(DeviceKind.Host);
        var builder = new GraphBuilder();
        int stem = builder.Conv2d(builder.Input(3), "stem", 64, 3, new() { Padding = 1 }),
            early = builder.MaxPool2d(stem, 4, 4, 0),
            large = builder.Conv2d(stem, "large", 64, 3, new() { Padding = 1 }),
            late = builder.MaxPool2d(large, 4, 4, 0),
            sum = builder.Add(builder.Relu(late), builder.Relu(early));
        var graph = builder.Build([builder.GlobalAvgPool(builder.Conv2d(sum, "small", 16, 1))]);
        var parameters = GeneratedWeights.Parameters(graph, device, "passes");
        var plan = InferencePlan.Compile(graph, parameters, device, [6, Size, Size, 3]);
        Assert.Equal(sum, plan.Steps[plan.Passes.StepCount - 1].Output);
        var images = GeneratedWeights.Images(device, "image", [6, 3, Size, Size]);
        Close.Check(Forward.Run(graph, parameters, images).ToArray(), plan.Run(images).ToArray(), 1e-5);
    }

    [Fact]
    public void A_result_among_the_first_steps_keeps_the_batch_whole()
    {
        var device = Use(DeviceKind.Host);
        var graph = Network(2); // the stem's value, which is large
        var parameters = GeneratedWeights.Parameters(graph, device, "passes");
        var plan = InferencePlan.Compile(graph, parameters, device, [8, Size, Size, 3]);
        Assert.Equal(FirstPasses.None, plan.Passes);
        var images = GeneratedWeights.Images(device, "image", [8, 3, Size, Size]);
        Assert.Equal(2, plan.RunAll(images).Length);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public void A_small_batch_runs_at_once(int count)
    {
        var device = Use(DeviceKind.Host);
        var graph = Network();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "passes"), device, [count, Size, Size, 3]);
        Assert.Equal(FirstPasses.None, plan.Passes);
    }

    [Theory]
    [InlineData(76, true)] // 18 MB for four images
    [InlineData(80, false)]
    public void Values_of_which_four_images_find_no_place_in_the_cache_keep_the_batch_whole(int size, bool passes)
    {
        var device = Use(DeviceKind.Host);
        var graph = Network();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "passes"), device, [8, size, size, 3]);
        Assert.Equal(passes, plan.Passes != FirstPasses.None);
    }

    [Fact]
    public void Passes_take_less_memory()
    {
        var device = Use(DeviceKind.Host);
        var graph = Network();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "passes"), device, [16, Size, Size, 3]);
        // Three values of the block for four images each, what the pooling leaves of sixteen, and little more.
        long value = 64L * Size * Size * sizeof(float);
        Assert.InRange(plan.ActivationBytes, 0, (3 * 4 * value) + (3 * 16 * value / 16));
    }
}
