using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Bench;

/// <summary>Values for the benches.</summary>
static class Inputs
{
    /// <summary>As many different inputs as calls take turns with.</summary>
    public const int Count = 3;

    public static Tensor<float> Uniform(Device device, Shape shape, string name)
    {
        var values = new float[shape.Count];
        var key = RngKey.FromSeed(1).Fold(name);
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((2 * key.Uniform((ulong)i)) - 1);
        return Tensor<float>.From(device, shape, values);
    }

    public static Tensor<float>[] Several(Device device, Shape shape, string name) =>
        [.. Enumerable.Range(0, Count).Select(i => Uniform(device, shape, $"{name} {i}"))];
}

/// <summary>Reading memory far larger than all caches.</summary>
static unsafe class Bandwidth
{
    const int Floats = 64 << 20;
    const int Parts = 64;

    public static void Measure(int threads, Report report)
    {
        using var device = new HostDevice(threads);
        using var scope = device.BeginScope();
        var memory = Tensor<float>.Zeros(device, [Floats]);
        float* sums = stackalloc float[Parts];
        report.Add(
            "bandwidth",
            "read 256 MiB",
            threads,
            1,
            (double)Floats * sizeof(float),
            0,
            Times.Of(_ => device.For(Parts, new Read(memory.Pointer, sums)), 1)
        );
    }

    /// <summary>Bytes a second at this moment, in 10⁹.</summary>
    public static double Of(HostDevice device)
    {
        using var scope = device.BeginScope();
        var memory = Tensor<float>.Zeros(device, [Floats]);
        float* sums = stackalloc float[Parts];
        return (double)Floats * sizeof(float) / Times.Of(_ => device.For(Parts, new Read(memory.Pointer, sums)), 0.3).BestMs / 1e6;
    }

    readonly struct Read(float* memory, float* sums) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            Vector256<float> a = default,
                b = default,
                c = default,
                d = default;
            float* from = memory + (item * (nint)(Floats / Parts)),
                end = from + (Floats / Parts);
            for (; from < end; from += 32)
            {
                a += Vector256.Load(from);
                b += Vector256.Load(from + 8);
                c += Vector256.Load(from + 16);
                d += Vector256.Load(from + 24);
            }

            sums[item] = Vector256.Sum(a + b + c + d);
        }
    }
}

/// <summary>Matrix products: squares, and the Gram matrix of a layer's weights.</summary>
static class MatMulBench
{
    public static void Measure(int threads, Report report)
    {
        using var device = new HostDevice(threads);
        foreach (int size in new[] { 256, 512, 1024, 2048 })
            Measure(device, size, size, size, Transpose.None, report);
        Measure(device, 1024, 1024, 1024, Transpose.B, report);
        Measure(device, 1024, 1024, 1024, Transpose.A, report);
        Measure(device, 512, 512, 4608, Transpose.A, report);
    }

    static void Measure(HostDevice device, int m, int n, int k, Transpose transpose, Report report)
    {
        using var scope = device.BeginScope();
        var a = Inputs.Several(device, transpose.HasFlag(Transpose.A) ? [k, m] : [m, k], "a");
        var b = Inputs.Uniform(device, transpose.HasFlag(Transpose.B) ? [n, k] : [k, n], "b");
        var times = Times.Of(i =>
        {
            using var step = device.BeginScope();
            MatMul.Forward(a[i % Inputs.Count], b, transpose);
        });
        report.Add("matmul", $"{m}x{n}x{k} {transpose}", device.ThreadCount, 1, 2.0 * m * n * k, Peak.Now(device), times);
    }
}

/// <summary>One assignment of k-means: codes, sums and counts, of the layers of ResNet-18 and 50.</summary>
static class CentroidBench
{
    public static void Measure(int threads, double peak, Report report)
    {
        using var device = new HostDevice(threads);
        foreach (
            var (n, d, k) in new[]
            {
                (131_072, 4, 256),
                (262_144, 9, 256),
                (131_072, 18, 256),
                (512_000, 4, 1024),
                (4_096, 9, 256),
                (4_096, 4, 256),
                (65_536, 8, 256),
            }
        )
        {
            using var scope = device.BeginScope();
            var blocks = Inputs.Uniform(device, [n, d], "blocks");
            var codebooks = Inputs.Several(device, [k, d], "codebook");
            var result = NearestCentroid.WithSums(blocks, codebooks[0]);
            var times = Times.Of(i => NearestCentroid.WithSumsInto(blocks, codebooks[i % Inputs.Count], result));
            report.Add("centroid", $"{n}x{d} k {k}", threads, 1, 2.0 * n * k * d, peak, times);
        }
    }
}
