using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Steps;
using Pqf.Compression.Tests.Training;
using Pqf.Compression.Training;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

public sealed class CompressTests : IDisposable
{
    static readonly PermutationSpec Search = new() { Proposals = 50 };
    static readonly CompressionSpec Spec = new() { K = 16, KMeansIterations = 5 };

    readonly HostDevice host = new();
    readonly Scope scope;

    public CompressTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void The_method_permutes_then_quantises_and_its_state_holds_both_reports()
    {
        var start = State(RngKey.FromSeed(9));
        var state = Compress.ToEnd(Method(Search), start, cancellation: TestContext.Current.CancellationToken).Value();
        Assert.Equal(3, state.Groups.Length);
        Assert.Equal(5, state.Layers.Length);
        Assert.IsType<Weight.Quantised>(state.Parameters["fc.weight"]);
        Assert.Empty(Compress.ToEnd(Method(null), start, cancellation: TestContext.Current.CancellationToken).Value().Groups);
    }

    [Fact]
    public void Events_of_a_list_are_those_of_its_steps_each_from_the_state_of_the_one_before()
    {
        var steps = Method(Search);
        var events = Compress.Run(steps, State(RngKey.FromSeed(9)), TestContext.Current.CancellationToken).Value().ToArray();
        var finished = events.OfType<CompressionEvent.StepFinished>().ToArray();
        Assert.Equal(steps, finished.Select(step => step.Step));
        Assert.Same(events[^1], finished[^1]);
        Assert.All(finished[0].State.Parameters.Values.Values, weight => Assert.IsType<Weight.Dense>(weight));
        Assert.Equal(finished[0].State.Groups, finished[1].State.Groups);
    }

    [Fact]
    public void Nothing_runs_if_one_step_does_not_fit()
    {
        var wrong = Search with { Groups = [(["conv1"], ["block.conv1"])] };
        int events = 0;
        var result = Compress.ToEnd(
            Method(wrong),
            State(RngKey.FromSeed(1)),
            new Each(_ => events++),
            TestContext.Current.CancellationToken
        );
        Assert.StartsWith("parents [conv1], children [block.conv1]", result.ErrorMessage(), StringComparison.Ordinal);
        Assert.Equal(0, events);
    }

    [Fact]
    public void A_failed_step_ends_the_list_with_its_error()
    {
        var broken = NormImages.OfShape(
            [1, 6, 6, 3],
            2,
            () => [(ReadOnlyMemory<float>)new float[108], new PqfError.File("b.png", "cannot be decoded")]
        );
        var result = Compress.ToEnd(
            [new UnfoldNorms(broken), .. Method(null)],
            State(RngKey.FromSeed(2)),
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.Equal("b.png: cannot be decoded", result.ErrorMessage());
    }

    [Fact]
    public void A_list_may_permute_quantise_calibrate_and_fine_tune()
    {
        var graph = SmallTraining.Graph;
        var layers = Blocks.Of(graph, new CompressionSpec { K = 8, KMeansIterations = 3 }).Value();
        var dense = SmallTraining.Parameters(host, quantised: false);
        var images = NormImages.OfShape(
            SmallTraining.Data.BatchShape,
            3,
            () => SmallTraining.Data.Validation().Select(batch => batch.Map(labelled => labelled.Images))
        );
        var tune = new FineTune<LabelledBatch>(
            (network, parameters) => Classification.Task(network, parameters, new(), SmallTraining.Data),
            SmallTraining.Options()
        );
        var events = new List<CompressionEvent>();
        var state = Compress
            .ToEnd(
                [.. Compress.Method(layers, Search, RngKey.FromSeed(3), images), tune],
                new CompressionState(graph, dense, host),
                new Each(events.Add),
                TestContext.Current.CancellationToken
            )
            .Value();
        Assert.Equal(2, state.Training!.Epochs.Length);
        Assert.Equal(2 * SmallTraining.BatchCount, events.OfType<TrainingEvent.Stepped>().Count());
        Assert.Equal(layers.Length, state.Parameters.Values.Values.Count(weight => weight is Weight.Quantised));
        Assert.NotEqual(dense["bn1.running_mean"].Decode().ToArray(), state.Parameters["bn1.running_mean"].Decode().ToArray());
    }

    [Fact]
    public void Training_that_diverges_is_the_error_of_the_run()
    {
        var tune = new FineTune<LabelledBatch>(
            (network, parameters) => Classification.Task(network, parameters, new(), SmallTraining.Data),
            SmallTraining.Options(new Optimizer.Sgd(), learningRate: 1e30)
        );
        var start = new CompressionState(SmallTraining.Graph, SmallTraining.Parameters(host, quantised: false), host);
        Assert.Contains(
            "is not finite",
            Compress.ToEnd([tune], start, cancellation: TestContext.Current.CancellationToken).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    static ImmutableArray<ICompressionStep> Method(PermutationSpec? search) =>
        Compress.Method(Blocks.Of(SmallNetwork.Graph, Spec).Value(), search, RngKey.FromSeed(10));

    CompressionState State(RngKey key) => new(SmallNetwork.Graph, SmallNetwork.Parameters(host, key), host);

    /// <summary>Progress told at once, on the same thread.</summary>
    sealed class Each(Action<CompressionEvent> report) : IProgress<CompressionEvent>
    {
        public void Report(CompressionEvent value) => report(value);
    }
}
