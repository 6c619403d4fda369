using System.Collections.Immutable;
using Pqf.Compression.Clustering;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

public sealed class QuantiseByColumnsTests : IDisposable
{
    const int Rows = 40,
        Columns = 12,
        D = 3,
        K = 8;

    readonly HostDevice host = new();
    readonly Scope scope;

    public QuantiseByColumnsTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData(KMeansType.KMeans)]
    [InlineData(KMeansType.Src)]
    public void Equal_weights_give_the_bytes_of_plain_quantisation(KMeansType type)
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var layers = Layers(
            new CompressionSpec
            {
                K = 16,
                KMeansIterations = 12,
                KMeansType = type,
            }
        );
        var start = State(parameters);
        var plain = Compress.ToEnd([new Quantise(layers, RngKey.FromSeed(2))], start).Value();
        foreach (float weight in (float[])[1, 0.3f]) // only ratios count
        {
            var equal = layers.ToImmutableDictionary(layer => layer.Layer, layer => Equal(layer.RowLength, weight));
            var weighted = Compress.ToEnd([new QuantiseByColumns(layers, RngKey.FromSeed(2))], start with { Inputs = equal }).Value();
            Assert.Equal(plain.Layers, weighted.Layers);
            foreach (var layer in layers)
            {
                var (expected, actual) = (Quantised(plain, layer), Quantised(weighted, layer));
                Assert.Equal(expected.Codebook.ToArray(), actual.Codebook.ToArray());
                Assert.Equal(expected.Codes.ToArray(), actual.Codes.ToArray());
            }
        }
    }

    [Fact]
    public void Weights_make_the_weighted_error_smaller_than_plain_quantisation_does()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(3));
        var layers = Layers(
            new CompressionSpec
            {
                K = 16,
                KMeansIterations = 30,
                KMeansType = KMeansType.KMeans,
            }
        );
        var inputs = layers.ToImmutableDictionary(layer => layer.Layer, layer => new LayerInputs([.. Weights(layer.RowLength, 4)]));
        var start = State(parameters) with { Inputs = inputs };
        var plain = Compress.ToEnd([new Quantise(layers, RngKey.FromSeed(5))], start).Value();
        var weighted = Compress.ToEnd([new QuantiseByColumns(layers, RngKey.FromSeed(5))], start).Value();
        Assert.All(layers, layer => Assert.True(Error(weighted, layer) < Error(plain, layer)));

        double Error(CompressionState state, LayerBlocks layer)
        {
            float[] wanted = parameters[layer.WeightName].Decode().ToArray(),
                got = state.Parameters[layer.WeightName].Decode().ToArray();
            var h = inputs[layer.Layer].ColumnWeights;
            return wanted.Select((value, i) => h[i % h.Length] * ((double)value - got[i]) * ((double)value - got[i])).Sum();
        }
    }

    [Fact]
    public void The_weighted_error_never_rises_with_kmeans()
    {
        float[] weights = Weights(Columns, 6);
        weights[4] = 0;
        var clustering = Clustering(Random(7), weights, KMeansType.KMeans, 40);
        double last = double.PositiveInfinity;
        while (!clustering.IsDone)
        {
            clustering.Advance(1);
            Assert.True(clustering.Error <= last * (1 + 1e-6));
            last = clustering.Error!.Value;
        }
    }

    [Fact]
    public void An_iteration_is_that_of_a_reference_loop_in_double()
    {
        float[] weights = Weights(Columns, 8),
            values = Random(9);
        var clustering = Clustering(values, weights, KMeansType.KMeans, 40);
        clustering.Advance(3);
        float[] before = clustering.Codebook.ToArray();
        clustering.Advance(1);
        var (error, codebook, _) = Reference(values, weights, before);
        Assert.Equal(error, clustering.Error!.Value, 1e-5 * error);
        for (int at = 0; at < codebook.Length; at++)
            Assert.Equal(codebook[at], clustering.Codebook[at], 1e-5);
        var finished = clustering.Finish();
        Assert.Equal(Reference(values, weights, finished.Codebook.ToArray()).Codes, finished.Codes.ToArray());
    }

    [Theory]
    [InlineData(KMeansType.KMeans)]
    [InlineData(KMeansType.Src)]
    public void A_column_of_weight_0_does_not_influence_codes(KMeansType type)
    {
        float[] weights = Weights(Columns, 10),
            values = Random(11);
        weights[5] = 0;
        float[] others = [.. values.Select((value, i) => i % Columns == 5 ? 100 - (7 * value) : value)];
        var (first, second) = (Finished(values), Finished(others));
        Assert.Equal(first.Codes.ToArray(), second.Codes.ToArray());
        Assert.Equal(first.Codebook.ToArray(), second.Codebook.ToArray());

        Weight.Quantised Finished(float[] of)
        {
            var clustering = Clustering(of, weights, type, 20);
            clustering.Advance(100);
            return clustering.Finish();
        }
    }

    [Fact]
    public void Weights_of_a_file_reach_their_layers()
    {
        using var folder = new TemporaryFolder();
        var layers = Layers(new CompressionSpec());
        Safetensors
            .Write(folder.File("h.safetensors"), [StoredTensor.FromSingles("fc", [20], Weights(20, 12))], new Dictionary<string, string>())
            .Value();
        var read = QuantiseByColumns.Read(folder.File("h.safetensors"), layers).Value();
        Assert.Equal(["fc"], read.Keys);
        Assert.Equal(Weights(20, 12), read["fc"].ColumnWeights.ToArray());
    }

    [Fact]
    public void A_file_with_weights_of_no_quantised_layer_is_an_error_that_names_the_nearest()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("h.safetensors");
        Safetensors.Write(path, [StoredTensor.FromSingles("fx", [1], [1f])], new Dictionary<string, string>()).Value();
        Assert.Equal(
            $"{path}: fx: no layer of that name is quantised; the nearest name is fc",
            QuantiseByColumns.Read(path, Layers(new CompressionSpec())).ErrorMessage()
        );
    }

    [Theory]
    [InlineData(new[] { 1f, 2f }, "fc: expected 20 column weights, one for each value of a row, got 2")]
    [InlineData(new[] { -1f }, "fc: expected column weights that are finite and not negative, got -1")]
    [InlineData(new[] { float.NaN }, "fc: expected column weights that are finite and not negative, got NaN")]
    [InlineData(new[] { 0f }, "fc: expected one column weight above 0 at least, got none")]
    public void Weights_that_cannot_be_used_are_refused(float[] weights, string message)
    {
        var inputs = weights.Length == 1 ? Equal(20, weights[0]) : new LayerInputs([.. weights]);
        var start = State(SmallNetwork.Parameters(host, RngKey.FromSeed(13))) with
        {
            Inputs = ImmutableDictionary<string, LayerInputs>.Empty.Add("fc", inputs),
        };
        Assert.Equal(message, new QuantiseByColumns(Layers(new CompressionSpec()), default).Check(start).ErrorMessage());
    }

    /// <summary>One assignment and update: mean error, means of the clusters (those without blocks stay), codes.</summary>
    static (double Error, double[] Codebook, ushort[] Codes) Reference(float[] values, float[] weights, float[] codebook)
    {
        double largest = weights.Max(),
            error = 0;
        double[] sums = new double[K * D],
            totals = new double[K * D];
        ushort[] codes = new ushort[values.Length / D];
        for (int block = 0; block < codes.Length; block++)
        {
            double[] distances =
            [
                .. Enumerable
                    .Range(0, K)
                    .Select(j =>
                        Enumerable.Range(0, D).Sum(q => H(block, q) * Math.Pow((double)values[(block * D) + q] - codebook[(j * D) + q], 2))
                    ),
            ];
            codes[block] = (ushort)Array.IndexOf(distances, distances.Min());
            error += distances.Min() / codes.Length;
            for (int q = 0; q < D; q++)
            {
                sums[(codes[block] * D) + q] += H(block, q) * values[(block * D) + q];
                totals[(codes[block] * D) + q] += H(block, q);
            }
        }

        return (error, [.. sums.Select((sum, at) => totals[at] == 0 ? codebook[at] : sum / totals[at])], codes);

        double H(int block, int q) => weights[((block * D) + q) % Columns] / largest;
    }

    BlockClustering Clustering(float[] values, float[] weights, KMeansType type, int iterations) =>
        new(
            new ColumnAssignment(new Weight.Dense(Tensor<float>.From(host, [Rows, Columns], values)), D, [.. weights]),
            D,
            K,
            type,
            iterations,
            RngKey.FromSeed(20)
        );

    static float[] Random(int seed) => [.. Enumerable.Range(0, Rows * Columns).Select(i => (float)RngKey.FromSeed(seed).Normal((ulong)i))];

    /// <summary>From 0.05 to 10; the first block of a row and the last have equal ones.</summary>
    static float[] Weights(int count, int seed)
    {
        float[] weights =
        [
            .. Enumerable.Range(0, count).Select(i => 0.05f + (float)Math.Pow(RngKey.FromSeed(seed).Uniform((ulong)i), 4) * 10),
        ];
        weights.AsSpan(0, D).CopyTo(weights.AsSpan(count - D));
        return weights;
    }

    static LayerInputs Equal(int count, float weight) => new([.. Enumerable.Repeat(weight, count)]);

    static ImmutableArray<LayerBlocks> Layers(CompressionSpec spec) => Blocks.Of(SmallNetwork.Graph, spec).Value();

    static Weight.Quantised Quantised(CompressionState state, LayerBlocks layer) =>
        Assert.IsType<Weight.Quantised>(state.Parameters[layer.WeightName]);

    CompressionState State(Parameters parameters) => new(SmallNetwork.Graph, parameters, host);
}
