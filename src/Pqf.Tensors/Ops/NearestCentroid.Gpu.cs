using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class NearestCentroid
{
    static void AssignGpu(GpuDevice gpu, Tensor<float> blocks, Tensor<float> codebook, Tensor<ushort> codes) =>
        throw new NotSupportedException("not on the GPU yet");
    static void SumsGpu(GpuDevice gpu, Tensor<float> blocks, Tensor<float> codebook, ClusterSums result) =>
        throw new NotSupportedException("not on the GPU yet");
}
