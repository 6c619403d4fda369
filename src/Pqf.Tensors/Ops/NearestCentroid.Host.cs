using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class NearestCentroid
{
    static unsafe void AssignHost(HostDevice host, Tensor<float> blocks, Tensor<float> codebook, Tensor<ushort> codes)
    {
        int n = blocks.Shape[0], d = blocks.Shape[1], k = codebook.Shape[0];
        for (int i = 0; i < n; i++)
        {
            float best = float.PositiveInfinity;
            for (int j = 0; j < k; j++)
            {
                float distance = 0;
                for (int q = 0; q < d; q++)
                    distance += codebook.Pointer[(j * d) + q] * (codebook.Pointer[(j * d) + q] - (2 * blocks.Pointer[(i * d) + q]));
                if (distance < best)
                    (best, codes.Pointer[i]) = (distance, (ushort)j);
            }
        }
    }

    static unsafe void SumsHost(HostDevice host, Tensor<float> blocks, Tensor<float> codebook, ClusterSums result)
    {
        AssignHost(host, blocks, codebook, result.Codes);
        int n = blocks.Shape[0], d = blocks.Shape[1];
        new Span<float>(result.Sums.Pointer, result.Sums.Shape.Count).Clear();
        new Span<int>(result.Counts.Pointer, result.Counts.Shape.Count).Clear();
        for (int i = 0; i < n; i++)
        {
            int code = result.Codes.Pointer[i];
            result.Counts.Pointer[code]++;
            for (int q = 0; q < d; q++)
                result.Sums.Pointer[(code * d) + q] += blocks.Pointer[(i * d) + q];
        }
    }
}
