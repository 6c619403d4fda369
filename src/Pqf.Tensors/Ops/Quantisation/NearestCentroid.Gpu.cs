using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Quantisation;

public static partial class NearestCentroid
{
    // Parts that the blocks are cut into for the sums, at most: each has a table of k·d sums of its own. From n and k alone: one input, one
    // result.
    const int MaxParts = 256;

    static void AssignGpu(GpuDevice gpu, Tensor<float> blocks, Tensor<float> codebook, Tensor<ushort> codes)
    {
        int k = codebook.Shape[0],
            d = codebook.Shape[1];
        using var scope = gpu.BeginScope();
        var norms = Tensor<float>.Rent(gpu, [k]);
        gpu.Launch(k, new SquaredNorms(codebook.View, norms.View, d));
        gpu.Launch(blocks.Shape[0], new Assign(blocks.View, codebook.View, norms.View, codes.View, k, d));
    }

    static void SumsGpu(GpuDevice gpu, Tensor<float> blocks, Tensor<float> codebook, ClusterSums result)
    {
        AssignGpu(gpu, blocks, codebook, result.Codes);
        int n = blocks.Shape[0],
            k = codebook.Shape[0],
            d = codebook.Shape[1];
        int parts = Math.Clamp(n / k, 1, MaxParts),
            partBlocks = (n + parts - 1) / parts; // the tables together are no larger than the blocks
        using var scope = gpu.BeginScope();
        var sums = Tensor<float>.Zeros(gpu, [parts, k, d]);
        var counts = Tensor<int>.Zeros(gpu, [parts, k]);
        gpu.Launch(parts * d, new PartSums(blocks.View, result.Codes.View, sums.View, n, k, d, partBlocks));
        gpu.Launch(parts, new PartCounts(result.Codes.View, counts.View, n, k, partBlocks));
        gpu.Launch(k * d, new AddSums(sums.View, result.Sums.View, parts, k * d));
        gpu.Launch(k, new AddCounts(counts.View, result.Counts.View, parts, k));
    }

    /// <summary>|c|² of one centroid.</summary>
    internal readonly struct SquaredNorms(ArrayView<float> codebook, ArrayView<float> norms, int d) : IKernel
    {
        public void Invoke(int index)
        {
            float sum = 0f;
            for (int q = 0; q < d; q++)
                sum += codebook[(index * d) + q] * codebook[(index * d) + q];
            norms[index] = sum;
        }
    }

    /// <summary>The code of one block; all work items read the same centroid at the same time.</summary>
    /// <remarks>2·n·k·d operations on 4·n·d + 2·n bytes: bound by arithmetic from k of some tens; here by loads, one for each
    /// multiplication.</remarks>
    internal readonly struct Assign(
        ArrayView<float> blocks,
        ArrayView<float> codebook,
        ArrayView<float> norms,
        ArrayView<ushort> codes,
        int k,
        int d
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int best = 0;
            float smallest = float.PositiveInfinity;
            for (int j = 0; j < k; j++)
            {
                float product = 0f;
                for (int q = 0; q < d; q++)
                    product += blocks[(index * d) + q] * codebook[(j * d) + q];
                float distance = norms[j] - (2f * product);
                if (!float.IsNaN(distance) && distance < smallest)
                {
                    smallest = distance;
                    best = j;
                }
            }

            codes[index] = (ushort)best;
        }
    }

    /// <summary>The sums, over one part of the blocks, of one dimension of every centroid: a table column that no other work item
    /// touches.</summary>
    /// <remarks>n·d additions with 12 bytes of cached traffic each; small beside the assignment's n·k·d.</remarks>
    internal readonly struct PartSums(
        ArrayView<float> blocks,
        ArrayView<ushort> codes,
        ArrayView<float> sums,
        int n,
        int k,
        int d,
        int partBlocks
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int q = index % d,
                part = index / d,
                last = Math.Min((part + 1) * partBlocks, n);
            for (int block = part * partBlocks; block < last; block++)
                sums[(((part * k) + codes[block]) * d) + q] += blocks[(block * d) + q];
        }
    }

    /// <summary>How many blocks of one part each centroid has.</summary>
    internal readonly struct PartCounts(ArrayView<ushort> codes, ArrayView<int> counts, int n, int k, int partBlocks) : IKernel
    {
        public void Invoke(int index)
        {
            int last = Math.Min((index + 1) * partBlocks, n);
            for (int block = index * partBlocks; block < last; block++)
                counts[(index * k) + codes[block]] += 1;
        }
    }

    /// <summary>One sum over all parts, in their order.</summary>
    internal readonly struct AddSums(ArrayView<float> parts, ArrayView<float> sums, int partCount, int length) : IKernel
    {
        public void Invoke(int index)
        {
            float sum = 0f;
            for (int part = 0; part < partCount; part++)
                sum += parts[(part * length) + index];
            sums[index] = sum;
        }
    }

    /// <summary>One count over all parts.</summary>
    internal readonly struct AddCounts(ArrayView<int> parts, ArrayView<int> counts, int partCount, int length) : IKernel
    {
        public void Invoke(int index)
        {
            int count = 0;
            for (int part = 0; part < partCount; part++)
                count += parts[(part * length) + index];
            counts[index] = count;
        }
    }
}
