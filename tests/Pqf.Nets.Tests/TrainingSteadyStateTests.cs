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

/// <summary>Step after step of training takes no more memory, native or managed.</summary>
public class TrainingSteadyStateTests
{
    const int WarmUpSteps = 40; // tiered compilation

    public static TheoryData<string> Forms => ["dense", "quantised"];

    [Theory, MemberData(nameof(Forms))]
    public void Native_memory_is_flat_after_the_second_step(string form)
    {
        using var run = new Run(form);
        run.Step(6);
        run.Step(6);
        var (buffers, bytes) = (run.Device.LiveBuffers, run.NativeBytes);
        for (int i = 0; i < 20; i++)
            run.Step(6);
        Assert.Equal((buffers, bytes), (run.Device.LiveBuffers, run.NativeBytes));
    }

    [Theory, MemberData(nameof(Forms))]
    public void A_step_allocates_the_same_few_bytes_at_every_batch_size(string form)
    {
        using var run = new Run(form);
        for (int i = 0; i < WarmUpSteps; i++)
            run.Step(2 + (2 * (i % 2)));
        long[] bytes = [.. new[] { 2, 4, 2, 4 }.Select(run.Step)];
        Assert.Equal(bytes[0], bytes[1], bytes[0] * 0.01); // a table of the runtime's own may grow meanwhile
        Assert.Equal(bytes[0], bytes[2], bytes[0] * 0.01);
        Assert.InRange(bytes.Max(), 0, 1 << 18); // records for each of some seventy ops and a hundred parameters
    }

    /// <summary>A small residual network in training.</summary>
    sealed class Run : IDisposable
    {
        readonly Graph graph = TestGraphs.Build(new Architecture("resnet20", classCount: 10));
        readonly Optimizer optimizer = new Optimizer.Adam();
        readonly Scope scope;
        readonly Parameters parameters;
        readonly TrainingPlan plan;
        readonly System.Collections.Immutable.ImmutableDictionary<string, Tensor<float>> trainable;
        OptimizerState state;

        public Run(string form)
        {
            scope = Device.BeginScope();
            var dense = GeneratedWeights.Parameters(graph, Device, "resnet20");
            parameters =
                form == "dense"
                    ? dense
                    : TestGraphs.Quantise(
                        graph,
                        dense,
                        ("layer1.0.conv1", 16, 9),
                        ("layer2.0.downsample.0", 32, 4),
                        ("layer3.2.conv2", 64, 18)
                    );
            plan = TrainingPlan.Create(graph, parameters, [1, 12, 12, 3]);
            trainable = Trainable.Of(graph, parameters);
            state = optimizer.Start(trainable);
        }

        public HostDevice Device { get; } = new(2);

        public long NativeBytes => Device.LiveBytes + Device.Pool.FreeBytes;

        /// <summary>One step; the managed bytes it took.</summary>
        public long Step(int count)
        {
            using var step = Device.BeginScope();
            var images = GeneratedWeights.Images(Device, "image", [count, 3, 12, 12]);
            var target = OneHot.Create(Device, [.. Enumerable.Range(0, count)], 10);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var result = Grad.ValueAndGrad(
                (tape, variables) =>
                {
                    var forward = plan.Run(tape, variables, images, NormMode.Batch);
                    return (tape.Apply(new CrossEntropy.Function(), forward.Output, Tape.Constant(target)), forward.Norms);
                }
            )(trainable);
            state = optimizer.Step(trainable, result.Gradients, state, 1e-3);
            Norms.Update(parameters, result.Extra);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        public void Dispose()
        {
            scope.Dispose();
            Device.Dispose();
        }
    }
}
