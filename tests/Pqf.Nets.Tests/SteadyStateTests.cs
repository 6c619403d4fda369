using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>A compiled plan that is run again and again takes no more and no more memory.</summary>
/// <remarks>The working set is the whole process's: no test runs beside them that would add to it.</remarks>
[Collection(nameof(SteadyStateTests))]
[CollectionDefinition(nameof(SteadyStateTests), DisableParallelization = true)]
public class SteadyStateTests
{
    const int WarmUpCalls = 200; // tiered compilation, pools
    const int Windows = 3; // of ten thousand calls

    [Fact]
    public void A_call_of_ResNet18_allocates_the_same_few_bytes_at_every_batch_size()
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Build(new Architecture("resnet18", classCount: 10));
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "resnet18"), device, [4, 32, 32, 3]);
        long[] bytes =
        [
            .. new[] { 1, 4 }.Select(count => BytesPerCall(plan, GeneratedWeights.Images(device, "image", [count, 3, 32, 32]))),
        ];
        Assert.Equal(bytes[0], bytes[1]);
        Assert.InRange(bytes[0], 0, 16_384); // some shapes and views for each of twenty layers
    }

    [Fact]
    public void A_call_of_every_kind_of_step_allocates_a_constant()
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var graph = EveryKindOfStep();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "steps"), device, [3, 9, 8, 3]);
        var images = GeneratedWeights.Images(device, "image", [3, 3, 9, 8]);
        long bytes = BytesPerCall(plan, images);
        Assert.InRange(bytes, 0, 16_384);
        for (int i = 0; i < 5; i++)
            Assert.InRange(BytesPerCall(plan, images), 0, bytes); // less, once code is recompiled
    }

    [Fact]
    public void Ten_thousand_calls_leave_all_memory_as_it_was()
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var graph = EveryKindOfStep();
        var plan = InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "steps"), device, [3, 9, 8, 3]);
        Tensor<float>[] images = [.. new[] { 3, 1, 2 }.Select(count => GeneratedWeights.Images(device, "image", [count, 3, 9, 8]))];
        Run(1000);
        var (heap, buffers, bytes, pooled, resident) = Memory();
        var growth = new List<long>();
        for (int window = 0; window < Windows; window++)
        {
            long before = window == 0 ? resident : Environment.WorkingSet;
            Run(10_000);
            growth.Add(Environment.WorkingSet - before);
        }

        var after = Memory();
        Assert.Equal((buffers, bytes, pooled), (after.Buffers, after.Bytes, after.Pooled));
        // The smallest object that a call could leave is of 24 bytes: 240,000. The runtime's own tables, of recompiled code, move by less
        // than a tenth.
        Assert.InRange(after.Heap - heap, long.MinValue, 60_000);
        // What a call leaves is left in every window, 1 KiB of it as 10 MiB; what the runtime takes while it warms up is not.
        Assert.InRange(growth.Min(), long.MinValue, 4 << 20);

        void Run(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                using var call = device.BeginScope();
                plan.Run(images[i % images.Length]);
            }
        }

        (long Heap, int Buffers, long Bytes, long Pooled, long Resident) Memory() =>
            (
                GC.GetTotalMemory(forceFullCollection: true),
                device.LiveBuffers,
                device.LiveBytes,
                device.Pool.FreeBytes,
                Environment.WorkingSet
            );
    }

    /// <summary>Layers that fuse and layers that cannot; nodes alone; groups; a linear layer over several pixels.</summary>
    static Graph EveryKindOfStep()
    {
        var graph = new GraphBuilder();
        int x = graph.Relu(graph.BatchNorm(graph.Conv2d(graph.Input(3), "conv1", 16, 3, new Conv2dOptions { Padding = 1 }), "bn1"));
        x = graph.Relu(graph.BatchNorm(x, "bn2")); // a norm and a ReLU alone
        int left = graph.Conv2d(x, "conv2", 16, 3, new Conv2dOptions { Padding = 1 }),
            right = graph.Conv2d(x, "conv3", 16, 3, new Conv2dOptions { Padding = 1, Groups = 4 });
        x = graph.Add(graph.MaxPool2d(graph.Add(left, right), 3, 1, 1), x); // one sum fused, one alone
        int pooled = graph.Flatten(graph.GlobalAvgPool(x));
        int all = graph.Linear(graph.Flatten(graph.MaxPool2d(x, 2, 2, 0)), "linear1", 16 * 4 * 4, 16);
        graph.Linear(graph.Relu(graph.Add(pooled, all)), "linear2", 16, 5);
        return graph.Build();
    }

    static long BytesPerCall(InferencePlan plan, Tensor<float> images)
    {
        for (int i = 0; i < WarmUpCalls; i++)
            Once();
        return Once();

        long Once()
        {
            using var scope = images.Device.BeginScope();
            long before = GC.GetAllocatedBytesForCurrentThread();
            plan.Run(images);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
