using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>A layer's rows share a codebook at one size, and the norm behind them takes the factors back.</summary>
public sealed class RowScalesTests : IDisposable
{
    const int D = 4;

    readonly HostDevice host = new();
    readonly Scope scope;

    public RowScalesTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    [Fact]
    public void Factors_give_every_row_the_power_of_the_one_in_the_middle()
    {
        var scales = RowScales.Of([1, 16, 4, 100, 6.25])!;

        // Roots of the powers are 1, 4, 2, 10 and 2.5; the one in the middle is 2.5, and the nearest power of two is 2.
        Assert.Equal([2, 0.5f, 1, 0.2f, 0.8f], scales.Factors);
    }

    [Fact]
    public void A_row_without_power_keeps_its_size_and_shifts_no_other()
    {
        Assert.Equal([1, 1, 2, 0.5f, 1, 1, 1], RowScales.Of([0, 4, 1, 16, -1e-9, double.NaN, double.PositiveInfinity])!.Factors);
        Assert.Null(RowScales.Of([0, 0, double.NaN]));
    }

    [Fact]
    public void Factors_end_at_a_twentieth_and_at_twenty() =>
        Assert.Equal([20, 1, 1, 1, 0.05f], RowScales.Of([1e-20, 1, 1, 1, 1e9])!.Factors);

    [Theory]
    [InlineData(2, 4, 1, 0.7905694150420949)] // √((4 + 1) / (4 + 4))
    [InlineData(1, 4, 1, 1)]
    [InlineData(2, 4, 0, 1)]
    [InlineData(2, 0, 0, 1)] // neither variance nor ε
    public void An_epsilon_counts_as_without_factors(float factor, double variance, double eps, double times) =>
        Assert.Equal(times, new RowScales([factor]).ForEps(0, variance, eps), 1e-15);

    /// <summary>The factors are exact then, and so is all that follows.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)] // groups of channels
    [InlineData(1, 2)] // stretches of columns
    public void Rows_scaled_by_powers_of_two_get_the_same_codes_with_any_number_of_threads(int groups, int stretches)
    {
        var (metric, start, options, key) = (Metric(host, groups, stretches), Start(1), new ReconstructionOptions(), RngKey.FromSeed(2));
        var (one, ones) = RowScales.Fit(host, metric, start, options, key);
        Assert.NotNull(ones);
        Assert.NotEqual(start.Codes, one.Code.Codes);
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var device = new HostDevice(threads);
            using var inner = device.BeginScope();
            var same = Metric(device, groups, stretches);
            float[] wanted = same.Wanted.ToArray();
            for (int i = 0; i < wanted.Length; i++)
                wanted[i] *= Power(i / Columns);
            var scaled = same with
            {
                Wanted = Tensor<float>.From(device, [RowCount, Columns], wanted),
                RowWeights = [.. same.RowWeights.Select((weight, r) => weight / Power(r) / Power(r))],
            };

            // Another codebook to start with: what counts are the codes.
            var (other, others) = RowScales.Fit(device, scaled, Start(3), options, key);

            float size = others!.Factors[0] * Power(0) / ones.Factors[0];
            Assert.Equal(one.Code.Codes, other.Code.Codes);
            Assert.Equal(one.After, other.After);
            Assert.Equal(one.Code.Codebook, other.Code.Codebook.Select(value => value / size));
            Assert.Equal(ones.Factors, others.Factors.Select((factor, r) => factor * Power(r) / size));
        }
    }

    [Fact]
    public void Rows_of_different_size_have_less_error_with_factors()
    {
        var metric = Metric(host, 1, 1);
        float[] sizes = [.. Enumerable.Range(0, RowCount).Select(r => MathF.Exp(1.5f * (float)RngKey.FromSeed(4).Normal((ulong)r)))];
        metric = new RowScales([.. sizes]).Scaled(host, metric);

        var plain = LayerFit.Run(host, metric, Start(1), new(), RngKey.FromSeed(5));
        var (fit, scales) = RowScales.Fit(host, metric, Start(1), new(), RngKey.FromSeed(5));

        Assert.True(fit.After < 0.9 * plain.After, $"{fit.After} with factors, {plain.After} without");
        Assert.Equal(plain.Before, fit.Before);
        Assert.Equal(Error(metric, scales!.Undone(new Weight.Dense(Decoded(fit.Code))).Value.ToArray()), fit.After, 1e-6);
    }

    [Fact]
    public void Codes_without_error_stay_and_get_no_factors()
    {
        var metric = Metric(host, 1, 1);
        float[] wanted = Array.ConvertAll(metric.Wanted.ToArray(), value => (float)(Half)value);
        metric = metric with { Wanted = Tensor<float>.From(host, metric.Wanted.Shape, wanted) };
        var exact = new MetricCode(D, wanted, [.. Enumerable.Range(0, wanted.Length / D)]);

        var (fit, scales) = RowScales.Fit(host, metric, exact, new(), RngKey.FromSeed(6));

        Assert.Null(scales);
        Assert.Equal(exact.Codes, fit.Code.Codes);
        Assert.Equal(0, fit.After);
    }

    public static TheoryData<string, bool> Graphs =>
        new()
        {
            { "a norm", true },
            { "a norm behind a grouped convolution with a bias", true },
            { "no norm", false },
            { "a ReLU before the norm", false },
            { "two readers", false },
            { "an output of the network", false },
            { "two uses with norms", true },
            { "two uses with one norm", true },
            { "two uses, one without a norm", false },
            { "a norm that another layer shares", false },
        };

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Rows_may_be_scaled_where_nothing_but_a_norm_of_their_own_sees_them(string kind, bool free)
    {
        var builder = new GraphBuilder();
        int x = builder.Input(4),
            y = builder.Conv2d(
                x,
                "layer",
                4,
                1,
                new() { Groups = kind.Contains("grouped", StringComparison.Ordinal) ? 2 : 1 },
                kind.Contains("bias", StringComparison.Ordinal)
            );
        int Norm(int node, string name = "norm") => builder.BatchNorm(node, name);
        int Again() => builder.Conv2d(builder.Relu(x), "layer", 4, 1);
        _ = kind switch
        {
            "no norm" => builder.Relu(y),
            "a ReLU before the norm" => Norm(builder.Relu(y)),
            "two readers" => builder.Add(Norm(y), builder.Relu(y)),
            "two uses with norms" => builder.Add(Norm(y), Norm(Again(), "other")),
            "two uses with one norm" => builder.Add(Norm(y), Norm(Again())),
            "two uses, one without a norm" => builder.Add(Norm(y), Again()),
            "a norm that another layer shares" => builder.Add(Norm(y), Norm(builder.Conv2d(x, "second", 4, 1))),
            _ => Norm(y),
        };
        var graph = kind == "an output of the network" ? builder.Build([y, y + 1]) : builder.Build();

        Assert.Equal(free, RowScales.AreFree(graph, "layer.weight"));
    }

    const int RowCount = 24,
        Columns = 32,
        K = 16;

    /// <summary>1/4 … 4.</summary>
    static float Power(int row) => MathF.ScaleB(1, (row * 7 % 5) - 2);

    static LayerMetric Metric(HostDevice device, int groups, int stretches) =>
        new(
            Tensor<float>.From(device, [RowCount, Columns], Random(RowCount * Columns, 10)),
            [.. Enumerable.Range(0, RowCount).Select(row => 0.5f + (row % 3))],
            [
                .. Enumerable
                    .Range(0, groups * stretches)
                    .Select(part => new MetricPart(
                        part / stretches * RowCount / groups,
                        RowCount / groups,
                        part % stretches * Columns / stretches,
                        Covariance(device, Columns / stretches, part)
                    )),
            ]
        );

    static MetricCode Start(int seed) =>
        new(D, Random(K * D, seed), [.. Enumerable.Range(0, RowCount * Columns / D).Select(i => i * 7 % K)]);

    Tensor<float> Decoded(MetricCode code) =>
        Tensor<float>.From(host, [RowCount, Columns], [.. code.Codes.SelectMany(c => code.Codebook.AsSpan(c * D, D).ToArray())]);

    /// <summary>The objective of rows as a part of that of zeros, by double loops; one part.</summary>
    static double Error(LayerMetric metric, float[] rows)
    {
        float[] wanted = metric.Wanted.ToArray(),
            h = metric.Parts[0].Covariance.ToArray();
        double Objective(Func<int, double> value) =>
            Enumerable
                .Range(0, RowCount)
                .Sum(r =>
                    metric.RowWeights[r]
                    * Enumerable
                        .Range(0, Columns * Columns)
                        .Sum(i => value((r * Columns) + (i / Columns)) * h[i] * value((r * Columns) + (i % Columns)))
                );
        return Objective(i => (double)wanted[i] - rows[i]) / Objective(i => wanted[i]);
    }

    static Tensor<float> Covariance(HostDevice device, int n, int seed)
    {
        float[] factors = Random(n * 4, 20 + seed);
        return Tensor<float>.From(
            device,
            [n, n],
            [
                .. Enumerable
                    .Range(0, n * n)
                    .Select(at =>
                        (at / n == at % n ? 0.3f : 0)
                        + Enumerable.Range(0, 4).Sum(q => factors[(at / n * 4) + q] * factors[(at % n * 4) + q])
                    ),
            ]
        );
    }

    static float[] Random(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (float)RngKey.FromSeed(seed).Normal((ulong)i))];
}
