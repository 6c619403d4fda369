using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Reconstruction;

public sealed class ReconstructionTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public ReconstructionTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    // Sizes around the blocks of 128 columns and the strips of 512.
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(700)]
    public void A_factor_times_itself_is_the_matrix_and_solves_it(int n)
    {
        float[] matrix = Covariance(n, 1);
        var factor = Tensor<float>.From(host, [n, n], matrix);
        Assert.True(Cholesky.Factor(factor));
        float[] l = factor.ToArray();
        for (int i = 0; i < n; i += Math.Max(1, n / 7))
        for (int j = 0; j <= i; j += Math.Max(1, n / 5))
        {
            double product = 0;
            for (int q = 0; q <= j; q++)
                product += (double)l[(i * n) + q] * l[(j * n) + q];
            Assert.Equal(matrix[(i * n) + j], product, 1e-4 * matrix[(i * n) + i]);
        }

        float[] x = Random(3 * n, 2);
        float[] right = new float[3 * n];
        for (int r = 0; r < 3; r++)
        for (int i = 0; i < n; i++)
        {
            double sum = 0;
            for (int j = 0; j < n; j++)
                sum += (double)x[(r * n) + j] * matrix[(j * n) + i];
            right[(r * n) + i] = (float)sum;
        }

        var rows = Tensor<float>.From(host, [3, n], right);
        Cholesky.Solve(factor, rows);
        float[] solved = rows.ToArray();
        for (int i = 0; i < x.Length; i++)
            Assert.Equal(x[i], solved[i], 2e-3f);
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_has_no_factor() =>
        Assert.False(Cholesky.Factor(Tensor<float>.From(host, [2, 2], [1, 2, 2, 1])));

    [Theory]
    [InlineData(6)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(1100)] // three stretches of columns
    public void Moments_are_those_of_double_loops(int columns)
    {
        const int Outputs = 3;
        var moments = new InputMoments(host, columns, Outputs);
        float[] a = Random(50 * columns, 3),
            y = Random(50 * Outputs, 4);
        moments.Add(
            Tensor<float>.From(host, [20, columns], a.AsSpan(0, 20 * columns)),
            Tensor<float>.From(host, [20, Outputs], y.AsSpan(0, 60))
        );
        moments.Add(Tensor<float>.From(host, [30, columns], a.AsSpan(20 * columns)), Tensor<float>.From(host, [30, Outputs], y.AsSpan(60)));
        float[] h = moments.Covariance(host).ToArray(),
            c = moments.CrossCovariance(host).ToArray();
        for (int i = 0; i < columns; i++)
        {
            for (int j = i; j < columns; j += 1 + (columns / 100))
            {
                Assert.Equal(Mean(a, i, a, j, columns, columns), h[(i * columns) + j], 1e-5);
                Assert.Equal(h[(i * columns) + j], h[(j * columns) + i]);
            }

            for (int r = 0; r < Outputs; r++)
                Assert.Equal(Mean(y, r, a, i, Outputs, columns), c[(r * columns) + i], 1e-5);
        }
    }

    [Fact]
    public void Moments_take_the_memory_of_half_a_square_of_doubles()
    {
        long before = host.LiveBytes;
        _ = new InputMoments(host, 1100, 3);

        // 1 + 2 + … + 1,100 products of columns and 3 · 1,100 of outputs and columns, in lines of 64 bytes.
        Assert.InRange(host.LiveBytes - before, (605_550 + 3300) * sizeof(double), ((605_550 + 3300) * sizeof(double)) + (2 * 64));
    }

    [Theory]
    [InlineData(1, 1, 0, 1, 1)]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(3, 2, 1, 1, 2)]
    [InlineData(3, 1, 2, 2, 4)]
    public void Rows_times_patches_are_the_convolution(int kernel, int stride, int padding, int dilation, int groups)
    {
        var options = new Conv2dOptions
        {
            Stride = stride,
            Padding = padding,
            Dilation = dilation,
            Groups = groups,
        };
        var x = Tensor<float>.From(host, [2, 7, 6, 8], Random(2 * 7 * 6 * 8, 5));
        var weight = Tensor<float>.From(host, [4, 8 / groups, kernel, kernel], Random(32 / groups * kernel * kernel, 6));
        var y = Conv2d.Forward(x, weight, null, options);
        var patches = Patches.Of(x.Shape, y.Shape, kernel, options);
        float[] image = x.ToArray()[(7 * 6 * 8)..],
            w = weight.ToArray(),
            expected = y.ToArray()[(y.Shape.Count / 2)..],
            patch = new float[patches.Length];
        for (int position = 0; position < patches.PositionCount; position++)
        for (int row = 0; row < 4; row++)
        {
            patches.Copy(image, position, row / (4 / groups), patch);
            double sum = 0;
            for (int i = 0; i < patch.Length; i++)
                sum += (double)patch[i] * w[(row * patch.Length) + i];
            Assert.Equal(expected[(position * 4) + row], sum, 1e-4);
        }
    }

    [Fact]
    public void With_equal_and_independent_inputs_each_block_takes_its_nearest_word()
    {
        const int Rows = 20,
            Columns = 12,
            D = 3,
            K = 10;
        var metric = Metric(Rows, Columns, Identity(Columns), 7);
        float[] book = Random(K * D, 8),
            wanted = metric.Wanted.ToArray();
        var code = new MetricCode(D, book, new int[Rows * Columns / D]);
        int[] nearest = new int[code.Codes.Length];
        for (int i = 0; i < nearest.Length; i++)
            nearest[i] = Enumerable
                .Range(0, K)
                .MinBy(c => Enumerable.Range(0, D).Sum(q => Math.Pow((double)wanted[(i * D) + q] - book[(c * D) + q], 2)));
        Assert.Equal(nearest, ErrorFeedback.Of(host, metric, D)!.Assign(code).Codes);
        Assert.Equal(nearest, CodeSweep.Run(host, metric, code).Codes);
    }

    [Fact]
    public void With_as_many_words_as_blocks_the_weights_come_back()
    {
        const int D = 4;
        var metric = Metric(6, 8, Covariance(8, 9), 10);
        float[] wanted = Array.ConvertAll(metric.Wanted.ToArray(), value => (float)(Half)value);
        metric = metric with { Wanted = Tensor<float>.From(host, [6, 8], wanted) };
        var fit = LayerFit.Run(host, metric, new MetricCode(D, wanted, new int[12]), new(), RngKey.FromSeed(11));
        Assert.Equal(0, fit.After, 1e-6);
    }

    [Fact]
    public void A_rotation_of_the_inputs_that_keeps_blocks_apart_changes_no_code()
    {
        const int Rows = 24,
            Columns = 48,
            D = 6,
            K = 16;
        float[] covariance = Covariance(Columns, 31);
        var metric = Metric(Rows, Columns, covariance, 32);
        var start = new MetricCode(D, Random(K * D, 33), [.. Enumerable.Range(0, Rows * Columns / D).Select(i => i * 7 % K)]);
        float[] once = Rotated(covariance, D);
        var turned = Metric(Rows, Columns, Rotated(Transposed(once, Columns), D), 32) with
        {
            Wanted = Tensor<float>.From(host, [Rows, Columns], Rotated(metric.Wanted.ToArray(), D)),
        };
        var options = new ReconstructionOptions { SweepNoise = 0 }; // the noise has an orientation
        var one = LayerFit.Run(host, metric, start, options, RngKey.FromSeed(34));
        var other = LayerFit.Run(host, turned, start with { Codebook = Rotated(start.Codebook, D) }, options, RngKey.FromSeed(34));
        Assert.Equal(one.Code.Codes, other.Code.Codes);
        Assert.Equal(one.After, other.After, 1e-3 * one.After);
    }

    /// <summary>Each block of a row [d] times one rotation: that of the plane of two neighbours after the other.</summary>
    static float[] Rotated(float[] values, int d)
    {
        double[] turned = Array.ConvertAll(values, value => (double)value);
        for (int at = 0; at < values.Length; at += d)
        for (int i = 0; i + 1 < d; i++)
        {
            var (sin, cos) = Math.SinCos(0.7 + i);
            (turned[at + i], turned[at + i + 1]) = (
                (cos * turned[at + i]) - (sin * turned[at + i + 1]),
                (sin * turned[at + i]) + (cos * turned[at + i + 1])
            );
        }

        return Array.ConvertAll(turned, value => (float)value);
    }

    static float[] Transposed(float[] square, int n) => [.. Enumerable.Range(0, n * n).Select(i => square[(i % n * n) + (i / n)])];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_stage_raises_the_objective_and_threads_do_not_change_the_result(int groups)
    {
        const int Rows = 48,
            Columns = 144,
            D = 6,
            K = 32;
        var metric = Metric(Rows, Columns, Covariance(Columns, 12), 13, groups);
        var start = new MetricCode(D, Random(K * D, 14), [.. Enumerable.Range(0, Rows * Columns / D).Select(i => i * 7 % K)]);
        double before = start.Objective(host, metric);
        var fitted = CodebookFit.Run(host, metric, start, 6);
        double afterFit = fitted.Objective(host, metric);
        Assert.True(afterFit < before);
        var swept = CodeSweep.Run(host, metric, fitted);
        Assert.True(swept.Objective(host, metric) < afterFit);
        var fed = ErrorFeedback.Of(host, metric, D)!.Assign(fitted);
        Assert.True(fed.Objective(host, metric) < afterFit);
        var whole = LayerFit.Run(host, metric, start, new(), RngKey.FromSeed(15));
        Assert.True(whole.After < whole.Before);
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var other = new HostDevice(threads);
            using var inner = other.BeginScope();
            var moved = Metric(Rows, Columns, Covariance(Columns, 12), 13, groups, other);
            var again = LayerFit.Run(other, moved, start, new(), RngKey.FromSeed(15));
            Assert.Equal(whole.Code.Codes, again.Code.Codes);
            Assert.Equal(whole.Code.Codebook, again.Code.Codebook);
        }
    }

    [Fact]
    public void Feedback_gives_less_error_than_the_nearest_words_where_inputs_are_alike()
    {
        const int D = 4;
        var metric = Metric(64, 64, Covariance(64, 16), 17);
        var start = new MetricCode(D, Random(16 * D, 18), new int[64 * 16]);
        var nearest = CodeSweep.Run(host, metric with { Parts = [new(0, 64, 0, Identity(64))] }, start);
        Assert.True(ErrorFeedback.Of(host, metric, D)!.Assign(start).Objective(host, metric) < 0.8 * nearest.Objective(host, metric));
    }

    [Fact]
    public void A_network_is_closer_to_the_dense_one_than_with_its_norms_re_estimated()
    {
        var graph = SmallNetwork.Graph;
        var layers = Blocks.Of(graph, new CompressionSpec { K = 8, KMeansIterations = 5 }).Value();
        var dense = SmallNetwork.Parameters(host, RngKey.FromSeed(19));
        float[][] pixels = [.. Enumerable.Range(0, 6).Select(batch => Random(8 * 108, 20 + batch))];
        var images = NormImages.OfShape(
            [8, 6, 6, 3],
            pixels.Length,
            () => pixels.Select(batch => (Result<ReadOnlyMemory<float>, PqfError>)(ReadOnlyMemory<float>)batch)
        );
        var unseen = Tensor<float>.From(host, [32, 6, 6, 3], Random(32 * 108, 40));
        float[] wanted = Forward.Run(graph, dense, unseen).ToArray();
        double Error(ReconstructionOptions? options)
        {
            var state = Compress
                .ToEnd(
                    Compress.Method(layers, null, RngKey.FromSeed(21), images, options),
                    new CompressionState(graph, dense, host),
                    cancellation: TestContext.Current.CancellationToken
                )
                .Value();
            if (options is not null)
                Assert.Equal(layers.Select(layer => layer.Layer), state.Reconstructions.Select(report => report.Layer));
            float[] got = Forward.Run(graph, state.Parameters, unseen).ToArray();
            return wanted.Zip(got, (a, b) => Math.Pow((double)a - b, 2)).Sum() / wanted.Sum(value => (double)value * value);
        }

        Assert.True(Error(new()) < 0.7 * Error(null));
    }

    [Fact]
    public void A_layer_that_sees_only_zeros_keeps_its_codes()
    {
        var metric = Metric(4, 8, new float[64], 22);
        var start = new MetricCode(4, Random(8, 23), [0, 1, 0, 1, 1, 0, 1, 0]);
        Assert.Equal(start, LayerFit.Run(host, metric, start, new(), RngKey.FromSeed(24)).Code);
    }

    /// <summary>Inputs that hardly vary: their covariance is rounding errors, and the objective falls without end.</summary>
    [Fact]
    public void A_layer_whose_covariance_is_rounding_errors_keeps_its_codes()
    {
        float[] noise = new float[64];
        for (int i = 0; i < 8; i++)
            noise[i * 9] = i < 5 ? 1e-11f : -1e-11f;
        var metric = Metric(4, 8, noise, 28);
        var start = new MetricCode(4, Random(8, 29), [0, 1, 0, 1, 1, 0, 1, 0]);
        var fit = LayerFit.Run(host, metric, start, new(), RngKey.FromSeed(30));
        Assert.Equal(start, fit.Code);
        Assert.Equal(fit.Before, fit.After);
    }

    /// <summary>Where inputs of two stretches of columns are independent, one covariance of all is as good as one of each.</summary>
    [Fact]
    public void Stretches_of_independent_columns_are_as_one()
    {
        const int Rows = 24,
            Columns = 32,
            Left = 20,
            D = 4;
        float[] left = Covariance(Left, 25),
            right = Covariance(Columns - Left, 26),
            all = new float[Columns * Columns];
        for (int i = 0; i < Columns; i++)
        for (int j = 0; j < Columns; j++)
            all[(i * Columns) + j] =
                i < Left && j < Left ? left[(i * Left) + j]
                : i >= Left && j >= Left ? right[((i - Left) * (Columns - Left)) + j - Left]
                : 0;
        var whole = Metric(Rows, Columns, all, 27);
        var cut = whole with
        {
            Parts =
            [
                new(0, Rows, 0, Tensor<float>.From(host, [Left, Left], left)),
                new(0, Rows, Left, Tensor<float>.From(host, [Columns - Left, Columns - Left], right)),
            ],
        };
        int[] codes = [.. Enumerable.Range(0, Rows * Columns / D).Select(i => i * 7 % 16)];
        var start = new MetricCode(D, Random(16 * D, 28), codes);

        Assert.Equal(start.Objective(host, whole), start.Objective(host, cut), 1e-5 * start.Objective(host, whole));
        Assert.Equal(ErrorFeedback.Of(host, whole, D)!.Assign(start).Codes, ErrorFeedback.Of(host, cut, D)!.Assign(start).Codes);
        Assert.Equal(CodeSweep.Run(host, whole, start).Codes, CodeSweep.Run(host, cut, start).Codes);
        var clustered = WeightedClustering.Run(host, cut, start, 3, RngKey.FromSeed(29));
        Assert.Equal(WeightedClustering.Run(host, whole, start, 3, RngKey.FromSeed(29)).Codes, clustered.Codes);
        foreach (var (want, got) in CodebookFit.Run(host, whole, start, 8).Codebook.Zip(CodebookFit.Run(host, cut, start, 8).Codebook))
            Assert.Equal(want, got, 1e-3f);
    }

    LayerMetric Metric(int rows, int columns, float[] covariance, int seed, int groups = 1, HostDevice? device = null) =>
        Metric(rows, columns, Tensor<float>.From(device ?? host, [columns, columns], covariance), seed, groups, device);

    LayerMetric Metric(int rows, int columns, Tensor<float> covariance, int seed, int groups = 1, HostDevice? device = null) =>
        new(
            Tensor<float>.From(device ?? host, [rows, columns], Random(rows * columns, seed)),
            [.. Enumerable.Range(0, rows).Select(row => 0.5f + (row % 3))],
            [.. Enumerable.Range(0, groups).Select(group => new MetricPart(group * rows / groups, rows / groups, 0, covariance))]
        );

    Tensor<float> Identity(int n) =>
        Tensor<float>.From(host, [n, n], [.. Enumerable.Range(0, n * n).Select(i => i / n == i % n ? 1f : 0f)]);

    /// <summary>Covariance of inputs that are much alike: a common part beside parts of their own.</summary>
    static float[] Covariance(int n, int seed)
    {
        float[] factors = Random(n * 4, seed);
        float[] matrix = new float[n * n];
        for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
        {
            double sum = i == j ? 0.3 : 0;
            for (int q = 0; q < 4; q++)
                sum += (double)factors[(i * 4) + q] * factors[(j * 4) + q];
            matrix[(i * n) + j] = (float)sum;
        }

        return matrix;
    }

    static double Mean(float[] a, int i, float[] b, int j, int aStride, int bStride)
    {
        int n = a.Length / aStride;
        double product = 0,
            left = 0,
            right = 0;
        for (int row = 0; row < n; row++)
        {
            product += (double)a[(row * aStride) + i] * b[(row * bStride) + j];
            left += a[(row * aStride) + i];
            right += b[(row * bStride) + j];
        }

        return (product / n) - (left / n * (right / n));
    }

    static float[] Random(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (float)RngKey.FromSeed(seed).Normal((ulong)i))];
}
