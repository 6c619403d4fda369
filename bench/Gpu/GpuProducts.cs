using System.Globalization;
using Pqf.Bench.Network;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Bench.Gpu;

/// <summary>Products of matrices, and the search for the nearest centroid.</summary>
static class GpuProducts
{
    // √k · 2⁻²⁴ · |a|·|b| of sums of up to 4,096 products, as a part of the largest result.
    const double Tolerance = 1e-4;

    public static void Run(GpuDevice gpu, HostDevice host, GpuReport report, double peak, bool isSmall)
    {
        report.Heading("Products of matrices");
        report.Columns("m × k × n", "transposed", "ms", "GFLOP/s", "of peak", "from the host's");
        foreach (int side in isSmall ? new[] { 256 } : [1024, 2048, 4096, 8192])
        foreach (var transpose in new[] { Transpose.None, Transpose.B })
            Product(gpu, host, report, peak, side, transpose);
        report.Heading("Nearest centroid (256 of them)");
        report.Columns("blocks × d", "ms", "GFLOP/s", "of peak", "codes unlike the host's");
        foreach (var (n, d) in isSmall ? new[] { (4096, 9) } : [(262_144, 9), (1_048_576, 4), (262_144, 18)])
            Clustering(gpu, host, report, peak, n, d);
    }

    static void Product(GpuDevice gpu, HostDevice host, GpuReport report, double peak, int side, Transpose transpose)
    {
        using GpuScopes scopes = new(gpu, host);
        var b = Inputs.Uniform(gpu, [side, side], "b");
        var inputs = Inputs.Several(gpu, [side, side], "a");
        var times = GpuTimes.Of(
            gpu,
            i =>
            {
                using var call = gpu.BeginScope();
                MatMul.Forward(inputs[i % inputs.Length], b, transpose);
            }
        );
        double gflops = 2.0 * side * side * side / times.MedianMs / 1e6;
        double difference = side > 2048 ? double.NaN : NetworkBench.Difference(OnHost(), MatMul.Forward(inputs[0], b, transpose).ToArray());
        report.Row(
            $"{side} × {side} × {side}",
            transpose == Transpose.None ? "no" : "b",
            GpuReport.Number(times.MedianMs),
            GpuReport.Number(gflops),
            GpuReport.Percent(gflops / peak),
            side > 2048 ? "-" : report.Compared(difference, Tolerance)
        );
        float[] OnHost() => MatMul.Forward(inputs[0].To(host), b.To(host), transpose).ToArray();
    }

    static void Clustering(GpuDevice gpu, HostDevice host, GpuReport report, double peak, int n, int d)
    {
        using GpuScopes scopes = new(gpu, host);
        var blocks = Inputs.Uniform(gpu, [n, d], "blocks");
        var codebook = Inputs.Uniform(gpu, [256, d], "codebook");
        var times = GpuTimes.Of(
            gpu,
            _ =>
            {
                using var call = gpu.BeginScope();
                NearestCentroid.WithSums(blocks, codebook);
            }
        );
        double gflops = 2.0 * n * d * 256 / times.MedianMs / 1e6;
        ushort[] ours = NearestCentroid.Forward(blocks, codebook).ToArray(),
            theirs = NearestCentroid.Forward(blocks.To(host), codebook.To(host)).ToArray();
        int unlike = ours.Zip(theirs).Count(pair => pair.First != pair.Second);
        if (unlike > n / 10_000) // of two centroids equally far, to the last digit, either may be taken
            report.Failed($"{unlike} of {n} codes are not the host's");
        report.Row(
            $"{n.ToString("N0", CultureInfo.InvariantCulture)} × {d}",
            GpuReport.Number(times.MedianMs),
            GpuReport.Number(gflops),
            GpuReport.Percent(gflops / peak),
            unlike
        );
    }
}
