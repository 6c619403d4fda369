using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Bench;

/// <summary>Multiply-adds per second of a loop that touches registers only: what every other bench is a share of.</summary>
static unsafe class Peak
{
    // A fraction of a millisecond: on a busy machine some of the runs are not interrupted.
    const int Steps = 100_000;
    const int Chains = 12;

    /// <returns>Floating-point operations per second, in 10⁹.</returns>
    public static double Measure(int threads, Report report)
    {
        using var device = new HostDevice(threads);
        bool wide = Vector512.IsHardwareAccelerated;
        double* sink = stackalloc double[threads];
        var times = Times.Of(_ => device.For(threads, new Work(sink, wide)), 1);
        double operations = Operations(threads, wide),
            peak = operations / times.BestMs / 1e6;
        report.Add("peak", wide ? "512 bits" : "256 bits", threads, 1, operations, peak, times);
        return peak;
    }

    /// <summary>The peak at this moment: clocks change within a run, and with them what a kernel can reach.</summary>
    /// <returns>Floating-point operations per second, in 10⁹.</returns>
    /// <remarks>While something else holds a core, two threads reach the peak of one: a share of that would be twice what it is, so it is
    /// then a share of twice one thread's peak.</remarks>
    public static double Now(HostDevice device)
    {
        int threads = device.ThreadCount;
        double all = Now(device, threads),
            each = threads == 1 ? all : threads * Now(device, 1);
        return all < 0.75 * each ? each : all;
    }

    static double Now(HostDevice device, int threads)
    {
        bool wide = Vector512.IsHardwareAccelerated;
        double* sink = stackalloc double[threads];
        var times = Times.Of(_ => device.For(threads, new Work(sink, wide)), 0.03);
        return Operations(threads, wide) / times.BestMs / 1e6;
    }

    static double Operations(int threads, bool wide) =>
        2.0 * Steps * Chains * (wide ? Vector512<float>.Count : Vector256<float>.Count) * threads;

    readonly struct Work(double* sink, bool wide) : IHostWork
    {
        public void Invoke(int item, int thread) => sink[item] = wide ? Loop512() : Loop256();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Loop512()
    {
        Vector512<float> m = Vector512.Create(0.999f),
            c = Vector512.Create(0.5f);
        Vector512<float> v0 = c,
            v1 = c,
            v2 = c,
            v3 = c,
            v4 = c,
            v5 = c,
            v6 = c,
            v7 = c,
            v8 = c,
            v9 = c,
            v10 = c,
            v11 = c;
        for (int i = 0; i < Steps; i++)
        {
            v0 = Vector512.FusedMultiplyAdd(v0, m, c);
            v1 = Vector512.FusedMultiplyAdd(v1, m, c);
            v2 = Vector512.FusedMultiplyAdd(v2, m, c);
            v3 = Vector512.FusedMultiplyAdd(v3, m, c);
            v4 = Vector512.FusedMultiplyAdd(v4, m, c);
            v5 = Vector512.FusedMultiplyAdd(v5, m, c);
            v6 = Vector512.FusedMultiplyAdd(v6, m, c);
            v7 = Vector512.FusedMultiplyAdd(v7, m, c);
            v8 = Vector512.FusedMultiplyAdd(v8, m, c);
            v9 = Vector512.FusedMultiplyAdd(v9, m, c);
            v10 = Vector512.FusedMultiplyAdd(v10, m, c);
            v11 = Vector512.FusedMultiplyAdd(v11, m, c);
        }

        return Vector512.Sum(v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Loop256()
    {
        Vector256<float> m = Vector256.Create(0.999f),
            c = Vector256.Create(0.5f);
        Vector256<float> v0 = c,
            v1 = c,
            v2 = c,
            v3 = c,
            v4 = c,
            v5 = c,
            v6 = c,
            v7 = c,
            v8 = c,
            v9 = c,
            v10 = c,
            v11 = c;
        for (int i = 0; i < Steps; i++)
        {
            v0 = Vector256.FusedMultiplyAdd(v0, m, c);
            v1 = Vector256.FusedMultiplyAdd(v1, m, c);
            v2 = Vector256.FusedMultiplyAdd(v2, m, c);
            v3 = Vector256.FusedMultiplyAdd(v3, m, c);
            v4 = Vector256.FusedMultiplyAdd(v4, m, c);
            v5 = Vector256.FusedMultiplyAdd(v5, m, c);
            v6 = Vector256.FusedMultiplyAdd(v6, m, c);
            v7 = Vector256.FusedMultiplyAdd(v7, m, c);
            v8 = Vector256.FusedMultiplyAdd(v8, m, c);
            v9 = Vector256.FusedMultiplyAdd(v9, m, c);
            v10 = Vector256.FusedMultiplyAdd(v10, m, c);
            v11 = Vector256.FusedMultiplyAdd(v11, m, c);
        }

        return Vector256.Sum(v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11);
    }
}
