using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

public sealed class QuantiseTests : IDisposable
{
    static readonly CompressionSpec Spec = new() { K = 16, KMeansIterations = 10 };

    readonly HostDevice host = new();
    readonly Scope scope;

    public QuantiseTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void All_layers_but_the_first_and_the_ignored_become_quantised_and_keep_their_shapes()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var (quantised, reports) = Run(parameters, Spec with { IgnoredModules = ["conv1", "fc"] });
        Assert.Equal(["block.conv1", "block.conv2", "block.conv3", "block.downsample.0"], reports.Select(report => report.Blocks.Layer));
        foreach (var (name, weight) in parameters.Values)
        {
            Assert.Equal(reports.Any(report => report.Blocks.WeightName == name), quantised[name] is Weight.Quantised);
            Assert.Equal(weight.Shape, quantised[name].Shape);
        }
    }

    [Fact]
    public void A_report_row_is_what_its_definitions_say()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(2));
        var (quantised, reports) = Run(parameters, Spec);
        var report = reports.Single(report => report.Blocks.Layer == "block.conv2");
        Assert.Equal((9, 16, 768), (report.Blocks.D, report.Blocks.K, report.Blocks.N));
        Assert.Equal((768 * 4) + (16 * 16 * 9), report.SizeBits);
        double[] errors =
        [
            .. parameters["block.conv2.weight"]
                .Decode()
                .ToArray()
                .Zip(quantised["block.conv2.weight"].Decode().ToArray(), (x, y) => ((double)x - y) * ((double)x - y)),
        ];
        Assert.Equal(errors.Sum() / 768, report.MeanSquaredError, 1e-12);
        Assert.Equal(
            errors.Sum() / parameters["block.conv2.weight"].Decode().ToArray().Sum(x => (double)x * x),
            report.RelativeError,
            1e-12
        );
        Assert.InRange(report.CodeEntropyBits, 1, 4);
    }

    [Fact]
    public void Codes_of_a_layer_depend_on_its_name_and_weight_alone()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(3));
        var (all, _) = Run(parameters, Spec);
        var (some, _) = Run(parameters, Spec with { IgnoredModules = ["block.conv1", "block.conv2"] });
        Assert.Equal(Codes(all, "fc.weight"), Codes(some, "fc.weight"));
        Assert.NotEqual(Codes(all, "fc.weight"), Codes(Run(parameters, Spec, RngKey.FromSeed(99)).Parameters, "fc.weight"));
    }

    [Fact]
    public void Events_come_in_order_and_count_the_layers()
    {
        var events = Step(Spec, RngKey.FromSeed(5))
            .Run(State(SmallNetwork.Parameters(host, RngKey.FromSeed(4))), TestContext.Current.CancellationToken)
            .ToArray();
        Assert.Equal(
            [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)],
            events.OfType<CompressionEvent.LayerStarted>().Select(started => (started.Number, started.Count))
        );
        Assert.Equal(5, events.OfType<CompressionEvent.LayerQuantised>().Count());
        Assert.All(events.OfType<CompressionEvent.KMeansStep>(), step => Assert.InRange(step.Iteration, 1, step.Total));
        Assert.IsType<CompressionEvent.StepFinished>(events[^1]);
    }

    [Fact]
    public void A_weight_with_nan_is_refused_by_its_layer()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(6));
        float[] values = parameters["block.conv3.weight"].Decode().ToArray();
        values[7] = float.NaN;
        var poisoned = parameters.With(
            "block.conv3.weight",
            new Weight.Dense(Tensor<float>.From(host, parameters["block.conv3.weight"].Shape, values))
        );
        Assert.Equal(
            "block.conv3: its weight holds NaN at position 7; expected finite values within half precision",
            Step(Spec, default).Check(State(poisoned)).ErrorMessage()
        );
    }

    [Fact]
    public void A_cancelled_run_ends_and_leaves_no_buffer()
    {
        using var source = new CancellationTokenSource();
        var events = Step(Spec, default).Run(State(SmallNetwork.Parameters(host, RngKey.FromSeed(7))), source.Token);
        int buffers = host.LiveBuffers;
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => events.Count());
        Assert.Equal(buffers, host.LiveBuffers);
    }

    static ushort[] Codes(Parameters parameters, string name) => Assert.IsType<Weight.Quantised>(parameters[name]).Codes.ToArray();

    static Quantise Step(CompressionSpec spec, RngKey key) => new(Blocks.Of(SmallNetwork.Graph, spec).Value(), key);

    CompressionState State(Parameters parameters) => new(SmallNetwork.Graph, parameters, host);

    (Parameters Parameters, ImmutableArray<LayerReport> Layers) Run(Parameters parameters, CompressionSpec spec, RngKey? key = null)
    {
        var state = Compress.ToEnd([Step(spec, key ?? RngKey.FromSeed(42))], State(parameters)).Value();
        return (state.Parameters, state.Layers);
    }
}
