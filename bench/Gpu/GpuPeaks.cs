using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Bench.Gpu;

/// <summary>What a card can do at most: multiply-adds that touch registers only, and copies of memory.</summary>
static class GpuPeaks
{
    // Warps enough for the largest cards; 2.7·10¹¹ operations, some milliseconds there.
    const int Items = 1 << 20;
    const int SmallItems = 1 << 12;
    const int Steps = 4096;
    const int Chains = 32;

    /// <returns>Floating-point operations per second, in 10⁹.</returns>
    public static double Gflops(GpuDevice gpu, bool isSmall)
    {
        int items = isSmall ? SmallItems : Items;
        using var scope = gpu.BeginScope();
        var result = Tensor<float>.Rent(gpu, [items]);
        double ms = GpuTimes.Of(gpu, i => gpu.Launch(items, new Multiply(result.View, Steps, 0.5f + (1e-3f * i)))).BestMs;
        return 2.0 * Chains * Steps * items / ms / 1e6;
    }

    /// <returns>Bytes read and written per second, in 10⁹.</returns>
    public static double Bandwidth(GpuDevice gpu, bool isSmall)
    {
        int count = isSmall ? 1 << 20 : 1 << 28; // of singles: 1 GiB, beyond any cache
        using var scope = gpu.BeginScope();
        var (from, to) = (Tensor<float>.Zeros(gpu, [count]), Tensor<float>.Rent(gpu, [count]));
        var (source, target) = (from.View.Cast<Four>(), to.View.Cast<Four>());
        double ms = GpuTimes.Of(gpu, _ => gpu.Launch(count / 4, new CopyFours(source, target))).BestMs;
        return 2.0 * sizeof(float) * count / ms / 1e6;
    }

    /// <returns>Milliseconds from one launch to the next when the queue is never empty.</returns>
    public static double LaunchMs(GpuDevice gpu)
    {
        const int Launches = 1000;
        using var scope = gpu.BeginScope();
        var x = Tensor<float>.Zeros(gpu, [1]);
        return GpuTimes
                .Of(
                    gpu,
                    _ =>
                    {
                        for (int i = 0; i < Launches; i++)
                            gpu.Launch(1, new Multiply(x.View, 0, 1f));
                    }
                )
                .MedianMs / Launches;
    }

    /// <summary>Four singles, moved by one instruction.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct Four(float a, float b, float c, float d)
    {
        public readonly float A = a,
            B = b,
            C = c,
            D = d;
    }

    /// <summary>Four values copied.</summary>
    internal readonly struct CopyFours(ArrayView<Four> source, ArrayView<Four> target) : IKernel
    {
        public void Invoke(int index) => target[index] = source[index];
    }

    /// <summary>Eight chains of multiply-adds that wait for nothing else, four times a step: a work item has as much in flight as a
    /// scheduler wants.</summary>
    internal readonly struct Multiply(ArrayView<float> result, int steps, float factor) : IKernel
    {
        public void Invoke(int index)
        {
            float m = factor,
                c = 0.25f + (index * 1e-9f),
                a0 = c,
                a1 = c + 1f,
                a2 = c + 2f,
                a3 = c + 3f,
                a4 = c + 4f,
                a5 = c + 5f,
                a6 = c + 6f,
                a7 = c + 7f;
            for (int i = 0; i < steps; i++)
            {
                a0 = ((((((a0 * m) + c) * m) + c) * m + c) * m) + c;
                a1 = ((((((a1 * m) + c) * m) + c) * m + c) * m) + c;
                a2 = ((((((a2 * m) + c) * m) + c) * m + c) * m) + c;
                a3 = ((((((a3 * m) + c) * m) + c) * m + c) * m) + c;
                a4 = ((((((a4 * m) + c) * m) + c) * m + c) * m) + c;
                a5 = ((((((a5 * m) + c) * m) + c) * m + c) * m) + c;
                a6 = ((((((a6 * m) + c) * m) + c) * m + c) * m) + c;
                a7 = ((((((a7 * m) + c) * m) + c) * m + c) * m) + c;
            }

            result[index] = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
        }
    }
}
