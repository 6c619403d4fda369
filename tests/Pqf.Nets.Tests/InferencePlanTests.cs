using System.Collections.Concurrent;
using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class InferencePlanTests(DeviceSet devices) : DeviceTest(devices)
{
    static (Graph Graph, Parameters Parameters) Small(Device device)
    {
        var graph = TestGraphs.Small();
        return (graph, TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small")));
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    public void Logits_of_a_generated_network_are_PyTorchs(string name)
    {
        using var reference = ReferenceCase.Open($"network_{name}");
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name));
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, name), device, [2, 64, 64, 3]);
        var logits = plan.Run(GeneratedWeights.Images(device, "image", [2, 3, 64, 64]));
        Close.Check(reference.Read("eval_logits").Values, logits.ToArray(), 1e-4); // tolerance: the reference's README
    }

    [Fact]
    public void A_wide_block_runs_its_convolutions_together_and_keeps_its_input_for_the_sum()
    {
        var device = Use(DeviceKind.Host);
        var depthwise = new Conv2dOptions { Padding = 1, Groups = 64 };
        Graph graph = new([
            new InputLayer(3),
            new Conv2dLayer(0, "stem", 3, 64, 1, new(), true),
            new Conv2dLayer(1, "expand", 64, 64, 1, new(), true),
            new ReluLayer(2),
            new Conv2dLayer(3, "depthwise", 64, 64, 3, depthwise, true),
            new SiluLayer(4),
            new Conv2dLayer(5, "project", 64, 64, 1, new(), true),
            new AddLayer(6, 1),
            new Conv2dLayer(7, "second", 64, 64, 3, depthwise, true),
            new AddLayer(8, 7),
            new Conv2dLayer(9, "third", 64, 64, 3, depthwise, true),
            new Conv2dLayer(10, "behind", 64, 64, 1, new(), true),
            new Conv2dLayer(11, "fourth", 64, 64, 3, depthwise, true),
            new Conv2dLayer(12, "last", 64, 8, 1, new(), true),
        ]);
        var parameters = GeneratedWeights.Parameters(graph, device, "wide");
        var plan = InferencePlan.Compile(graph, parameters, device, [2, 72, 72, 3]);
        // 72 · 72 · 64 values of four bytes are more than a mebibyte. The convolution behind the third runs before the fourth.
        Assert.Equal([1, 7, 9, 10, 13], plan.Steps.Select(step => step.Output));
        var images = GeneratedWeights.Images(device, "image", [2, 3, 72, 72]);
        Close.Check(Forward.Run(graph, parameters, images), plan.Run(images), 1e-5);
        var small = GeneratedWeights.Images(device, "image", [1, 3, 9, 9]);
        Close.Check(Forward.Run(graph, parameters, small), plan.For([1, 9, 9, 3]).Run(small), 1e-5);
    }

    [Fact]
    public void Several_threads_at_one_plan_are_an_error_and_nothing_worse()
    {
        var device = Use(DeviceKind.Host);
        var (graph, parameters) = Small(device);
        var plan = InferencePlan.Compile(graph, parameters, device, [2, 8, 8, 3]);
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        float[] expected = plan.Run(images).ToArray();
        var thrown = new ConcurrentBag<Exception>();
        using var start = new Barrier(3);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ => new Thread(() =>
                {
                    start.SignalAndWait();
                    for (int i = 0; i < 2000; i++)
                        if (Record.Exception(() => plan.Run(images)) is { } error)
                            thrown.Add(error);
                })),
        ];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();

        Assert.NotEmpty(thrown);
        Assert.All(
            thrown,
            error => Assert.Contains("used by two threads at once", Assert.IsType<InvalidOperationException>(error).Message)
        );
        Assert.Equal(expected, plan.Run(images).ToArray());
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_small_network_gives_the_plain_interpreters_values_on_every_device(DeviceKind kind)
    {
        var host = Use(DeviceKind.Host);
        var (graph, parameters) = Small(host);
        var expected = Forward.Run(graph, parameters, GeneratedWeights.Images(host, "image", [2, 3, 8, 8])).ToArray();
        var device = Use(kind);
        var plan = InferencePlan.Compile(graph, parameters, device, [2, 8, 8, 3]);
        Close.Check(expected, plan.Run(GeneratedWeights.Images(device, "image", [2, 3, 8, 8])).ToArray(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_smaller_batch_gives_the_same_values_and_a_full_one_after_it_too(DeviceKind kind)
    {
        var device = Use(kind);
        var (graph, parameters) = Small(device);
        var plan = InferencePlan.Compile(graph, parameters, device, [3, 8, 8, 3]);
        var full = GeneratedWeights.Images(device, "image", [3, 3, 8, 8]);
        var part = Tensor<float>.From(device, [1, 8, 8, 3], full.ToArray().AsSpan(0, 192));
        float[] before = plan.Run(full).ToArray();
        Close.Check(before.AsSpan(0, 5), plan.Run(part).ToArray(), 1e-6);
        Assert.Equal(before, plan.Run(full).ToArray());
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_plan_of_least_memory_gives_the_low_ones_bits_and_keeps_activations_alone(DeviceKind kind)
    {
        var device = Use(kind);
        var (graph, parameters) = Small(device);
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        var low = InferencePlan.Compile(graph, parameters, device, [2, 8, 8, 3], new InferenceOptions { Memory = PlanMemory.Low });
        long before = device.LiveBytes;
        var least = InferencePlan.Compile(graph, parameters, device, [2, 8, 8, 3], new InferenceOptions { Memory = PlanMemory.Least });
        float[] expected = low.Run(images).ToArray();
        using (device.BeginScope())
        {
            Assert.Equal(expected, least.Run(images).ToArray());
            var larger = GeneratedWeights.Images(device, "larger", [1, 3, 12, 12]);
            Assert.Equal(low.For([1, 12, 12, 3]).Run(larger).ToArray(), least.For([1, 12, 12, 3]).Run(larger).ToArray());
        }

        // Slots of some values take whole lines.
        Assert.InRange(device.LiveBytes - before, least.ActivationBytes, (2 * least.ActivationBytes) + 1024);
    }

    [Fact]
    public void Every_layer_of_ResNet50_takes_in_its_norm_sum_and_ReLU()
    {
        var graph = TestGraphs.Build(new Architecture("resnet50"));
        var fusion = Fusion.Of(graph, GraphShapes.Of(graph, [1, 224, 224, 3]));
        Assert.Equal(53 + 1 + 1 + 1, fusion.Steps.Length); // convolutions, max pool, mean, fc
        Assert.Equal(16, fusion.Steps.Count(step => step.Residual is not null));
        Assert.Equal(49, fusion.Steps.Count(step => step.Tail == Tail.Relu));
    }

    [Fact]
    public void Activations_of_ResNet18_share_a_few_buffers()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet18"));
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "resnet18"), device, [1, 64, 64, 3]);
        // conv1's 32×32×64 values, then those inside of blocks; 16×16×64 between blocks; 8×8×128 of the second stage's projection. All else
        // fits into these.
        Assert.Equal(4 * ((32 * 32 * 64) + (16 * 16 * 64) + (8 * 8 * 128)), plan.ActivationBytes);
    }

    [Fact]
    public void A_plan_of_codes_gives_the_bits_of_a_plan_of_the_weights_they_stand_for()
    {
        var device = Use(DeviceKind.Host);
        var (graph, parameters) = Small(device);
        var decoded = new Parameters(
            parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode()))
        );
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        Assert.Equal(
            InferencePlan.Compile(graph, decoded, device, images.Shape).Run(images).ToArray(),
            InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray()
        );
    }

    [Fact]
    public void Compiling_keeps_packed_weights_and_buffers_only()
    {
        var device = Use(DeviceKind.Host);
        var (graph, parameters) = Small(device);
        int before = device.LiveBuffers;
        InferencePlan.Compile(graph, parameters, device, [1, 8, 8, 3]);
        int layers = 5,
            slots = device.LiveBuffers - before - (2 * layers);
        Assert.InRange(slots, 2, 4);
    }

    [Fact]
    public void A_warmed_up_call_allocates_the_same_few_bytes_whatever_the_size()
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var (graph, parameters) = Small(device);
        long small = BytesPerCall(
            InferencePlan.Compile(graph, parameters, device, [1, 8, 8, 3]),
            GeneratedWeights.Images(device, "image", [1, 3, 8, 8])
        );
        long large = BytesPerCall(
            InferencePlan.Compile(graph, parameters, device, [4, 40, 40, 3]),
            GeneratedWeights.Images(device, "image", [4, 3, 40, 40])
        );
        Assert.Equal(small, large);
        Assert.InRange(small, 0, 8192);
    }

    static long BytesPerCall(InferencePlan plan, Tensor<float> images)
    {
        long Once()
        {
            using var scope = images.Device.BeginScope();
            long before = GC.GetAllocatedBytesForCurrentThread();
            plan.Run(images);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (int i = 0; i < 60; i++)
            Once(); // tiered compilation, pools
        return Once();
    }

    [Fact]
    public void Results_are_the_same_bytes_with_one_two_and_three_threads()
    {
        float[] Run(int threads)
        {
            using var device = new HostDevice(threads);
            using var scope = device.BeginScope();
            var graph = TestGraphs.Build(new Architecture("resnet18", classCount: 10));
            var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "resnet18"), device, [2, 64, 48, 3]);
            return plan.Run(GeneratedWeights.Images(device, "image", [2, 3, 64, 48])).ToArray();
        }

        float[] one = Run(1);
        Assert.Equal(one, Run(2));
        Assert.Equal(one, Run(3));
    }

    /// <summary>Steps that run together for images of one size need not fit together for another.</summary>
    [Fact]
    public void Steps_that_were_joined_for_some_images_hold_for_larger_and_smaller_ones()
    {
        var device = Use(DeviceKind.Host);
        var builder = new GraphBuilder();
        int pooled = builder.MaxPool2d(builder.Conv2d(builder.Input(3), "stem", 64, 7, new() { Stride = 2, Padding = 3 }), 3, 2, 1),
            wide = builder.Conv2d(pooled, "wide", 96, 1);
        builder.Conv2d(wide, "depthwise", 96, 3, new() { Padding = 1, Groups = 96 });
        var graph = builder.Build();
        var parameters = GeneratedWeights.Parameters(graph, device, "joined");
        var plan = InferencePlan.Compile(graph, parameters, device, [1, 128, 128, 3]);
        foreach (
            Shape size in (Shape[])
                [
                    [1, 40, 900, 3],
                    [1, 1100, 24, 3],
                    [2, 31, 33, 3],
                ]
        )
        {
            var images = GeneratedWeights.Images(device, $"{size}", [size[0], 3, size[1], size[2]]);
            Close.Check(Forward.Run(graph, parameters, images), plan.For(size).Run(images), 1e-5);
        }
    }

    [Fact]
    public void Flattened_pixels_that_the_caller_reads_too_are_in_PyTorchs_order()
    {
        var device = Use(DeviceKind.Host);
        var builder = new GraphBuilder();
        int flat = builder.Flatten(builder.Conv2d(builder.Input(3), "conv", 4, 3));
        int logits = builder.Linear(flat, "fc", 4 * 6 * 6, 5);
        var graph = builder.Build([flat, logits]);
        var parameters = GeneratedWeights.Parameters(graph, device, "flat");
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        var expected = Forward.Outputs(graph, parameters, images, []);
        var actual = InferencePlan.Compile(graph, parameters, device, images.Shape).RunAll(images);
        Close.Check(expected[0], actual[0], 1e-6);
        Close.Check(expected[1], actual[1], 1e-5);
    }

    /// <summary>Blocks within one channel's pixels, and blocks that hold parts of several.</summary>
    [Theory]
    [InlineData(DeviceKind.Host, 6)]
    [InlineData(DeviceKind.Host, 16)]
    [InlineData(DeviceKind.Simulator, 16)]
    [InlineData(DeviceKind.Pocl, 16)]
    public void Codes_of_a_layer_over_flattened_pixels_give_what_their_decoded_form_gives(DeviceKind kind, int d)
    {
        var device = Use(kind);
        var builder = new GraphBuilder();
        builder.Linear(builder.Flatten(builder.Conv2d(builder.Input(3), "conv", 4, 3)), "fc", 4 * 6 * 6, 5);
        var graph = builder.Build();
        var dense = GeneratedWeights.Parameters(graph, device, "flat");
        var quantised = dense.With("fc.weight", GeneratedWeights.Quantised(device, "fc", [5, 144], 8, d));
        var decoded = quantised.With("fc.weight", new Weight.Dense(quantised["fc.weight"].Decode()));
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        float[] Run(Parameters parameters) => InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray();
        float[] actual = Run(quantised);
        Assert.Equal(Run(decoded), actual);
        Close.Check(Forward.Run(graph, quantised, images).ToArray(), actual, 1e-5);
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        var device = Use(DeviceKind.Host);
        var (graph, parameters) = Small(device);
        var plan = InferencePlan.Compile(graph, parameters, device, [2, 8, 8, 3]);
        var thrown = Assert.Throws<ShapeException>(() => plan.Run(Tensor<float>.Zeros(device, [3, 8, 8, 3])));
        Assert.Equal("InferencePlan: expected at most 2 images, [2, 8, 8, 3], got [3, 8, 8, 3]", thrown.Message);
    }
}
