using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class MatMul
{
    static unsafe void Host(HostDevice host, Tensor<float> a, Tensor<float> b, Transpose transpose, int m, int n, int k, Tensor<float> c)
    {
        bool ta = transpose.HasFlag(Transpose.A), tb = transpose.HasFlag(Transpose.B);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int t = 0; t < k; t++)
                    sum += a.Pointer[ta ? (t * m) + i : (i * k) + t] * b.Pointer[tb ? (j * k) + t : (t * n) + j];
                c.Pointer[(i * n) + j] = sum;
            }
    }
}
