using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Quantisation;

public static partial class DecodeCodes
{
    static void Gpu(GpuDevice gpu, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w) =>
        gpu.Launch(w.Shape.Count, new Kernel(codebook.View, codes.View, w.View, codebook.Shape[1]));

    /// <summary>One weight of a block of d. Bound by memory: 4 + 2 / d bytes a weight, the codebook stays in cache.</summary>
    internal readonly struct Kernel(ArrayView<float> codebook, ArrayView<ushort> codes, ArrayView<float> w, int d) : IKernel
    {
        public void Invoke(int index) => w[index] = codebook[(codes[index / d] * d) + (index % d)];
    }

    static void PullbackGpu(GpuDevice gpu, CodeIndex index, Tensor<float> dWeight, Tensor<float> dCodebook) =>
        gpu.Launch(
            dCodebook.Shape.Count,
            new PullbackKernel(index.Start.View, index.Blocks.View, dWeight.View, dCodebook.View, dCodebook.Shape[1])
        );

    /// <summary>One value of the codebook's gradient: its code's blocks in order, without atomics. Bound by memory: 4 + 4 / d bytes a
    /// weight, read in pieces of d values.</summary>
    internal readonly struct PullbackKernel(
        ArrayView<int> start,
        ArrayView<int> blocks,
        ArrayView<float> dWeight,
        ArrayView<float> dCodebook,
        int d
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int code = index / d,
                at = index % d;
            float sum = 0f;
            for (int i = start[code]; i < start[code + 1]; i++)
                sum += dWeight[(blocks[i] * d) + at];
            dCodebook[index] = sum;
        }
    }
}
