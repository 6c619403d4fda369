using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

/// <summary>Training on the dense network's answers. Photographs are patches of random colours, and the network is small.</summary>
public sealed class DistillationTests : IDisposable
{
    const int Count = 40;

    readonly List<string> notes = [];
    readonly Scope scope;
    readonly HostDevice device = new(1);

    public DistillationTests() => scope = device.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Steps_bring_the_network_closer_to_the_dense_one_on_photographs_held_back()
    {
        var report = Run(new() { Steps = 60, LearningRate = 2e-3 }).State.Distillation!;

        Assert.InRange(report.Kept[Metrics.Loss], 0, 0.98 * report.Start[Metrics.Loss]);
        Assert.InRange(report.KeptStep, 1, 60);
        Assert.Equal((60, 8), (report.Steps, report.HeldBack));
        Assert.Equal(
            "8 of 40 photographs are held back from calibration: the network that comes closest to the dense network's answers "
                + "on them is kept",
            notes[0]
        );
    }

    [Fact]
    public void A_learning_rate_of_0_gives_the_bytes_of_layers()
    {
        var (seen, _) = LossSearch.Split(Photographs(), Options.Key);
        var layers = Run(null, seen);

        Assert.Equal(SmallPhotographs.Values(layers), SmallPhotographs.Values(Run(new() { Steps = 20, LearningRate = 0 })));
        Assert.NotEqual(SmallPhotographs.Values(layers), SmallPhotographs.Values(Run(new() { Steps = 20, LearningRate = 2e-3 })));
    }

    [Theory]
    [InlineData(1e-4)]
    [InlineData(0.3)]
    [InlineData(1e4)]
    public void What_is_kept_is_never_farther_from_the_dense_network_than_the_start(double rate)
    {
        var run = Run(new() { Steps = 20, LearningRate = rate });

        var report = run.State.Distillation!;
        Assert.True(report.Kept[Metrics.Loss] <= report.Start[Metrics.Loss]);
        Assert.Equal(report.KeptStep == 0, report.Kept == report.Start);
        Assert.All(SmallPhotographs.Values(run), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void What_is_reported_of_photographs_held_back_is_true_of_the_network_as_files_hold_it()
    {
        var dense = SmallPhotographs.Network(device);
        var run = Run(new() { Steps = 20, LearningRate = 2e-3 });
        var (_, held) = LossSearch.Split(Photographs(), Options.Key);

        var compared = CompareJob
            .Run(dense, dense with { Model = run.Model.AsStored() }, held, false, new(), null, TestContext.Current.CancellationToken)
            .Value();

        var kept = run.State.Distillation!.Kept;
        Assert.Equal(compared.Divergence, kept[Metrics.Loss], 1e-5);
        Assert.Equal(compared.Agreement.Value, kept[Distillation.Agreement], 1e-9);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        float[] one = SmallPhotographs.Values(Run(new() { Steps = 12, LearningRate = 2e-3 }));
        using var threads = new HostDevice(2);
        using var inner = threads.BeginScope();

        Assert.Equal(one, SmallPhotographs.Values(Run(new() { Steps = 12, LearningRate = 2e-3 }, on: threads, loaders: 2)));
    }

    [Fact]
    public void Fewer_than_16_photographs_are_calibrated_on_layer_by_layer_alone()
    {
        var few = Photographs(15);

        Assert.Equal(SmallPhotographs.Values(Run(null, few)), SmallPhotographs.Values(Run(new() { Steps = 12, LearningRate = 2e-3 }, few)));
        Assert.Equal(
            "calibration stops after level layers: level network needs 16 photographs at least, a fifth of which is held back; " + "got 15",
            notes.Single()
        );
    }

    [Fact]
    public void Photographs_that_are_all_alike_give_finite_values()
    {
        var alike = new ImageSet.Photographs([.. Enumerable.Repeat(SmallPhotographs.Photograph(1), 20)], []);

        var run = Run(new() { Steps = 12, LearningRate = 2e-3 }, alike);

        Assert.True(run.State.Distillation!.Kept[Metrics.Loss] <= run.State.Distillation.Start[Metrics.Loss]);
        Assert.All(SmallPhotographs.Values(run), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Minutes_give_a_number_of_steps_that_repeats_the_run()
    {
        // Every look at the clock costs a second: a step takes one, and all else so many that some steps are left.
        var timed = Run(new() { LearningRate = 2e-3 }, minutes: 2, clock: new SecondsClock());
        int steps = timed.State.Distillation!.Steps;

        Assert.InRange(steps, 50, 119);
        string note = notes.Single(line => line.StartsWith("calibrate_minutes", StringComparison.Ordinal));
        Assert.StartsWith("calibrate_minutes 2: ", note, StringComparison.Ordinal);
        Assert.EndsWith(
            string.Create(
                CultureInfo.InvariantCulture,
                $": {steps} steps fit (calibrate_steps {steps} repeats them, however fast the machine is)"
            ),
            note,
            StringComparison.Ordinal
        );
        Assert.Equal(SmallPhotographs.Values(Run(new() { Steps = steps, LearningRate = 2e-3 })), SmallPhotographs.Values(timed));
    }

    [Fact]
    public void Too_few_minutes_leave_the_layers_as_they_are()
    {
        var run = Run(new() { LearningRate = 2e-3 }, minutes: 0.1, clock: new SecondsClock());

        Assert.Equal(0, run.State.Distillation!.Steps);
        Assert.EndsWith("fewer than 50 steps fit, so calibration stops after level layers", notes[^1], StringComparison.Ordinal);
        Assert.Equal(SmallPhotographs.Values(Run(new() { Steps = 0 })), SmallPhotographs.Values(run));
    }

    [Fact]
    public void Blocks_end_where_residual_sums_do()
    {
        var graph = TestGraphs.Build(new Architecture("resnet18"));

        var ends = BlockEnds.Of(graph, [1, 64, 64, 3]);

        Assert.Equal(8, ends.Length);
        Assert.All(ends, end => Assert.True(graph.Nodes[end] is ReluLayer relu && graph.Nodes[relu.X] is AddLayer));
        // 16 blocks: every second one.
        Assert.Equal(8, BlockEnds.Of(TestGraphs.Build(new Architecture("resnet50")), [1, 64, 64, 3]).Length);
        // With one sum alone: what convolutions and linear layers read.
        Assert.Equal(4, BlockEnds.Of(SmallNetwork.Graph, [1, 6, 6, 3]).Length);
    }

    Compressed Run(
        DistillationOptions? how,
        ImageSet? images = null,
        double? minutes = null,
        TimeProvider? clock = null,
        HostDevice? on = null,
        int loaders = 1
    ) =>
        CompressJob
            .Run(
                SmallPhotographs.Network(on ?? device),
                Options with
                {
                    Images = images ?? Photographs(),
                    Distillation = how is null
                        ? null
                        : new(how with { BatchSize = 8, StepsPerRound = 5, Augmentation = new() }) { Minutes = minutes },
                    Clock = clock,
                    LoaderThreadCount = loaders,
                },
                new CollectedNotes(notes),
                TestContext.Current.CancellationToken
            )
            .Value();

    static CompressOptions Options { get; } =
        new()
        {
            Permutation = null,
            Reconstruction = new ReconstructionOptions { VaryBelow = 0 }, // far enough from the dense network to come closer
            MeasuresEffects = false,
            ToolVersion = "1.0",
            BatchSize = 8,
            Compression = new() { K = 8, KMeansIterations = 1 },
        };

    static ImageSet.Photographs Photographs(int count = Count) => SmallPhotographs.Of(Enumerable.Range(0, count));

    /// <summary>A clock that is a second later at each look.</summary>
    sealed class SecondsClock : TimeProvider
    {
        long looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => looks++;
    }
}
