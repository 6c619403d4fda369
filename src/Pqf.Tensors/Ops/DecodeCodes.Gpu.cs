using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class DecodeCodes
{
    static void Gpu(GpuDevice gpu, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w) =>
        gpu.Launch(w.Shape.Count, new Kernel(codebook.View, codes.View, w.View, codebook.Shape[1]));

    /// <summary>One weight of a block of d. Bound by memory: 4 + 2 / d bytes a weight, the codebook stays in cache.</summary>
    internal readonly struct Kernel(ArrayView<float> codebook, ArrayView<ushort> codes, ArrayView<float> w, int d) : IKernel
    {
        public void Invoke(int index) => w[index] = codebook[(codes[index / d] * d) + (index % d)];
    }
}
