using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class BatchNorm
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> weight, Tensor<float> bias, Tensor<float> mean, Tensor<float> variance, float eps, Tensor<float> y)
    {
        for (int i = 0; i < x.Shape.Count; i++)
        {
            int c = i % x.Shape.Last;
            y.Pointer[i] = ((x.Pointer[i] - mean.Pointer[c]) / MathF.Sqrt(variance.Pointer[c] + eps) * weight.Pointer[c]) + bias.Pointer[c];
        }
    }
}
