using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class MatMul
{
    static void Gpu(GpuDevice gpu, Tensor<float> a, Tensor<float> b, Transpose transpose, int m, int n, int k, Tensor<float> c)
    {
        var (aRow, aStep) = transpose.HasFlag(Transpose.A) ? (1, m) : (k, 1);
        var (bStep, bColumn) = transpose.HasFlag(Transpose.B) ? (1, k) : (n, 1);
        gpu.Launch(m * n, new Kernel(a.View, b.View, c.View, n, k, aRow, aStep, bStep, bColumn));
    }

    /// <summary>One value of [m, n]; neighbours share a row of a and read neighbouring columns of b.</summary>
    /// <remarks>2·m·n·k operations on at least 4·(m·k + k·n + m·n) bytes; without tiles in shared memory it is bound by the cache, at two loads for each two operations.</remarks>
    internal readonly struct Kernel(
        ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int n, int k, int aRow, int aStep, int bStep, int bColumn) : IKernel
    {
        public void Invoke(int index)
        {
            int aAt = index / n * aRow, bAt = index % n * bColumn;
            float sum = 0f;
            for (int t = 0; t < k; t++)
                sum += a[aAt + (t * aStep)] * b[bAt + (t * bStep)];
            c[index] = sum;
        }
    }
}
