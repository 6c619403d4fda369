using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    static void Gpu(
        GpuDevice gpu,
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
    {
        var terms = Epilogues.Of(null, residual, tail);
        gpu.Launch(
            y.Shape.Count,
            new Kernel(
                x.View,
                weight.View,
                bias.View,
                mean.View,
                variance.View,
                (residual ?? x).View,
                y.View,
                eps,
                x.Shape.Last,
                terms,
                tail.Low,
                tail.High
            )
        );
        tail.Finish(y);
    }

    /// <summary>One value; neighbours are neighbouring channels. Bound by memory: 8 bytes an element and 4 for a residual, the vectors stay
    /// in cache.</summary>
    internal readonly struct Kernel(
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> bias,
        ArrayView<float> mean,
        ArrayView<float> variance,
        ArrayView<float> residual,
        ArrayView<float> y,
        float eps,
        int channels,
        Epilogue terms,
        float low,
        float high
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % channels;
            float value = ((x[index] - mean[c]) / MathF.Sqrt(variance[c] + eps) * weight[c]) + bias[c];
            if ((terms & Epilogue.Residual) != 0)
                value += residual[index];
            y[index] = (terms & Epilogue.Clamp) != 0 ? Bounds.Clamp(value, low, high) : value;
        }
    }
}
