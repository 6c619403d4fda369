using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>Networks whose layers' rows are scaled before a norm.</summary>
public sealed class ScaledRowsTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public ScaledRowsTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    [Fact]
    public void Rows_scaled_by_powers_of_two_change_no_code_and_no_answer()
    {
        const string Layer = "block.conv2",
            Norm = "block.bn2";
        static float Power(int row) => MathF.ScaleB(1, (row * 7 % 5) - 2); // 1/4 … 4
        var dense = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var quantised = Quantised(dense, Layer);
        var same = dense
            .With($"{Layer}.weight", Times(dense, $"{Layer}.weight", Power))
            .With($"{Norm}.running_mean", Times(dense, $"{Norm}.running_mean", Power))
            .With($"{Norm}.weight", Times(dense, $"{Norm}.weight", row => 1 / Power(row)));

        var plain = Reconstructed(quantised, dense);
        var scaled = Reconstructed(quantised, same);

        LayerReport one = plain.Layers.Single(),
            other = scaled.Layers.Single();
        Assert.Equal(Codes(plain, Layer), Codes(scaled, Layer));
        Assert.Equal(one.OutputError!.Value, other.OutputError!.Value, 1e-6 * one.OutputError.Value);
        Assert.NotEqual(one.RowScales!.Factors.AsEnumerable(), other.RowScales!.Factors);
        Assert.Equal(one.Effect!.Value, other.Effect!.Value, 1e-4 * one.Effect.Value);
        // ε counts for less in rows that are larger: at most ε / variance = 10⁻³ of them.
        float[] wanted = Logits(plain),
            got = Logits(scaled);
        Assert.All(wanted.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * wanted.Max(MathF.Abs)));
    }

    [Fact]
    public void All_layers_with_a_norm_are_scaled_and_no_other()
    {
        var dense = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var state = Reconstructed(Quantised(dense, null), dense);

        Assert.Equal(
            ["block.conv1", "block.conv2", "block.conv3", "block.downsample.0", "fc"],
            state.Layers.Select(layer => layer.Blocks.Layer)
        );
        Assert.All(state.Layers, layer => Assert.Equal(layer.Blocks.Layer != "fc", layer.RowScales is not null));
    }

    /// <summary>Each row has a word of its own, so that all that is left is rounding to half precision.</summary>
    [Fact]
    public void A_norm_takes_factors_back_where_the_variance_is_below_its_epsilon_too()
    {
        var builder = new GraphBuilder();
        builder.Relu(builder.BatchNorm(builder.Conv2d(builder.Input(3), "conv", 8, 1, hasBias: true), "norm"));
        var graph = builder.Build();
        float[] sizes = [1, 2, 0, 1, 0.5f, 1e-4f, 3e-3f, 30];
        var dense = new Parameters(
            ImmutableDictionary<string, Weight>
                .Empty.Add("conv.weight", Dense([8, 3, 1, 1], i => sizes[i / 3] * Noise(1, i)))
                .Add("conv.bias", Dense([8], i => Noise(2, i)))
                .Add("norm.weight", Dense([8], i => 1 + (0.1f * Noise(3, i))))
                .Add("norm.bias", Dense([8], i => 2 + i))
                .Add("norm.running_mean", Dense([8], i => Noise(2, i)))
                .Add("norm.running_var", Dense([8], i => sizes[i] * sizes[i]))
        );
        var blocks = new LayerBlocks("conv", [8, 3, 1, 1], 3, 8, KMeansType.Src, 1);
        var codes = new Weight.Quantised(
            Tensor<float>.From(host, [8, 3], [.. Enumerable.Range(0, 24).Select(i => Noise(4, i))]),
            Tensor<ushort>.From(host, [8, 1], [0, 1, 2, 3, 4, 5, 6, 7]),
            [8, 3, 1, 1]
        );
        var begun = new CompressionState(graph, dense.With("conv.weight", codes), host)
        {
            Dense = dense,
            Layers = [LayerReport.Of(blocks, dense["conv.weight"], codes)],
        };

        var state = Reconstructed(begun, dense);

        var report = state.Layers.Single();
        Assert.Equal((1, 20f, 0.05f), (report.RowScales!.Factors[2], report.RowScales.Factors[5], report.RowScales.Factors[7]));
        Assert.InRange(report.RelativeError, 0, 1e-6);
        Assert.InRange(report.Effect!.Value, 0, 1e-6);
        float[] wanted = Forward.Run(graph, dense, Images(0)).ToArray(),
            got = Forward.Run(graph, state.Parameters, Images(0)).ToArray();
        for (int c = 0; c < 8; c++)
        {
            float[] want = [.. wanted.Where((_, i) => i % 8 == c)];
            float range = want.Max() - want.Min();
            // Two values of half precision, each to 2⁻¹¹, and what they make of the mean and the deviation.
            Assert.All(want.Zip(got.Where((_, i) => i % 8 == c)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f + (4e-3f * range)));
        }
    }

    [Fact]
    public void Norms_measured_again_on_the_same_photographs_stay()
    {
        // One batch: norms are measured batch by batch.
        var photographs = SmallPhotographs.Four with
        {
            BatchCount = 1,
            ImageCount = 8,
            Batches = () => SmallPhotographs.Four.Batches().Take(1),
        };
        var dense = Run(
            new UnfoldNorms(photographs),
            new(SmallNetwork.Graph, SmallNetwork.Parameters(host, RngKey.FromSeed(1)), host)
        ).Parameters;
        var state = Reconstructed(Quantised(dense, null), dense, photographs);

        var again = Run(new Calibrate(photographs), state);

        // Calibration divides by one pixel less: 1/142 of a deviation in each of three norms behind each other, which see 72 pixels or more.
        float[] wanted = Logits(state);
        Assert.All(wanted.Zip(Logits(again)), pair => Assert.Equal(pair.First, pair.Second, 3f / 142 * wanted.Max(MathF.Abs)));
    }

    /// <summary>One layer quantised, or all.</summary>
    CompressionState Quantised(Parameters dense, string? layer)
    {
        var layers = Blocks.Of(SmallNetwork.Graph, new CompressionSpec { K = 8, KMeansIterations = 5 }).ValueOrThrow();
        return Run(
            new QuantiseByColumns([.. layers.Where(blocks => layer is null || blocks.Layer == layer)], RngKey.FromSeed(3)),
            new(SmallNetwork.Graph, dense, host)
        );
    }

    /// <summary>The same codes, fitted to dense values.</summary>
    static CompressionState Reconstructed(CompressionState quantised, Parameters dense, NormImages? photographs = null) =>
        Run(
            new MeasureEffects(SmallPhotographs.Four),
            Run(
                new ReconstructLayers(
                    [.. quantised.Layers.Select(report => report.Blocks)],
                    photographs ?? SmallPhotographs.Four,
                    RngKey.FromSeed(4),
                    new() { VaryBelow = 0 }
                ),
                quantised with
                {
                    Dense = dense,
                }
            )
        );

    static CompressionState Run(ICompressionStep step, CompressionState state) =>
        Compress.ToEnd([step], state, cancellation: TestContext.Current.CancellationToken).ValueOrThrow();

    Weight.Dense Times(Parameters parameters, string name, Func<int, float> factor)
    {
        float[] values = parameters[name].Decode().ToArray();
        var shape = parameters[name].Decode().Shape;
        return Dense(shape, i => values[i] * factor(i / (values.Length / shape[0])));
    }

    Weight.Dense Dense(Shape shape, Func<int, float> value) =>
        new(Tensor<float>.From(host, shape, [.. Enumerable.Range(0, shape.Count).Select(value)]));

    static ushort[] Codes(CompressionState state, string layer) => ((Weight.Quantised)state.Parameters[$"{layer}.weight"]).Codes.ToArray();

    float[] Logits(CompressionState state) => Forward.Run(state.Graph, state.Parameters, Images(9)).ToArray();

    Tensor<float> Images(int batch) => Tensor<float>.From(host, SmallPhotographs.Shape, SmallPhotographs.Pixels(batch));

    static float Noise(int seed, int i) => (float)RngKey.FromSeed(seed).Normal((ulong)i);
}
