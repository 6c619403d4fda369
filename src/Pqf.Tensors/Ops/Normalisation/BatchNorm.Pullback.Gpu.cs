using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    static void PullbackGpu(
        GpuDevice gpu,
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        StatisticsOf source,
        Tail tail,
        Tensor<float>? y,
        Tensor<float> dy,
        BatchNormGradients result
    )
    {
        int channels = x.Shape.Last,
            rows = x.Shape.Count / channels;
        if (y is not null)
            tail.PullbackInto(y, dy, result.DSum);
        using (gpu.BeginScope())
        {
            int parts = Reduce.Parts(rows);
            Tensor<float> products = Tensor<float>.Rent(gpu, [parts, channels]),
                sums = Tensor<float>.Rent(gpu, [parts, channels]);
            gpu.Launch(
                parts * channels,
                new PartGradients(x.View, mean.View, variance.View, result.DSum.View, products.View, sums.View, eps, rows, channels)
            );
            Reduce.SumRowsInto(products, result.DWeight);
            Reduce.SumRowsInto(sums, result.DBias);
        }

        gpu.Launch(
            x.Shape.Count,
            new InputKernel(
                x.View,
                weight.View,
                mean.View,
                variance.View,
                result.DSum.View,
                result.DWeight.View,
                result.DBias.View,
                result.DX.View,
                eps,
                channels,
                source == StatisticsOf.Batch ? 1f / rows : 0f
            )
        );
    }

    /// <summary>The sums of ds · x̂ and of ds, of one channel over one part of the rows; neighbours are neighbouring channels. Bound by
    /// memory: 8 bytes an element.</summary>
    internal readonly struct PartGradients(
        ArrayView<float> x,
        ArrayView<float> mean,
        ArrayView<float> variance,
        ArrayView<float> dSum,
        ArrayView<float> products,
        ArrayView<float> sums,
        float eps,
        int rows,
        int channels
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % channels,
                first = index / channels * Reduce.PartRows,
                last = Math.Min(first + Reduce.PartRows, rows);
            float center = mean[c],
                product = 0f,
                sum = 0f;
            for (int row = first; row < last; row++)
            {
                float ds = dSum[(row * channels) + c];
                product += ds * (x[(row * channels) + c] - center);
                sum += ds;
            }

            products[index] = product / MathF.Sqrt(variance[c] + eps);
            sums[index] = sum;
        }
    }

    /// <summary>One gradient of the input. Bound by memory: 12 bytes an element, the vectors stay in cache.</summary>
    internal readonly struct InputKernel(
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> mean,
        ArrayView<float> variance,
        ArrayView<float> dSum,
        ArrayView<float> dWeight,
        ArrayView<float> dBias,
        ArrayView<float> dx,
        float eps,
        int channels,
        float share
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % channels;
            float root = MathF.Sqrt(variance[c] + eps),
                normalised = (x[index] - mean[c]) / root;
            dx[index] = weight[c] / root * (dSum[index] - (share * (dBias[c] + (normalised * dWeight[c]))));
        }
    }
}
