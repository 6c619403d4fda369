using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class Reduce
{
    // Rows that one work item adds up. Sums of parts are added up the same way until one is left, so that rounding errors grow with
    // the logarithm of the number of rows and single precision is enough on devices without double. A work item waits for its loads:
    // the last stages of a network have few columns and rows for each.
    internal const int PartRows = 32;

    static void SumRowsGpu(GpuDevice gpu, Tensor<float> x, Tensor<float> y) => SumGpu(gpu, x.View, RowCount(x), y);

    static void MeanAndVarianceGpu(GpuDevice gpu, Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int rows = RowCount(x),
            columns = x.Shape.Last;
        SumGpu(gpu, x.View, rows, mean);
        gpu.Launch(columns, new Divide(mean.View, rows));
        using (gpu.BeginScope())
        {
            int parts = Parts(rows);
            var squares = Tensor<float>.Rent(gpu, [parts, columns]);
            gpu.Launch(parts * columns, new PartSquares(x.View, mean.View, squares.View, rows, columns));
            SumGpu(gpu, squares.View, parts, variance);
        }

        gpu.Launch(columns, new Divide(variance.View, rows));
    }

    /// <summary>Sums of <see cref="PartRows"/> rows each, of [rows, columns].</summary>
    internal static Tensor<float> Fewer(GpuDevice gpu, ArrayView<float> x, int rows, int columns)
    {
        var sums = Tensor<float>.Rent(gpu, [Parts(rows), columns]);
        gpu.Launch(sums.Shape.Count, new PartSums(x, sums.View, rows, columns));
        return sums;
    }

    static void SumGpu(GpuDevice gpu, ArrayView<float> x, int rows, Tensor<float> y)
    {
        int columns = y.Shape.Count;
        using var scope = gpu.BeginScope();
        while (rows > PartRows)
        {
            var sums = Fewer(gpu, x, rows, columns);
            (x, rows) = (sums.View, sums.Shape[0]);
        }

        gpu.Launch(columns, new PartSums(x, y.View, rows, columns));
    }

    static int RowCount(Tensor<float> x) => x.Shape.Last == 0 ? 0 : x.Shape.Count / x.Shape.Last;

    internal static int Parts(int rows) => (rows + PartRows - 1) / PartRows;

    /// <summary>The sum of one column over one part of the rows; neighbours are neighbouring columns. Bound by memory: 4 bytes an
    /// element.</summary>
    internal readonly struct PartSums(ArrayView<float> x, ArrayView<float> sums, int rows, int columns) : IKernel
    {
        public void Invoke(int index)
        {
            int column = index % columns,
                first = index / columns * PartRows,
                last = Math.Min(first + PartRows, rows);
            float sum = 0f;
            for (int row = first; row < last; row++)
                sum += x[(row * columns) + column];
            sums[index] = sum;
        }
    }

    /// <summary>As <see cref="PartSums"/>, of squared deviations from the column's mean.</summary>
    internal readonly struct PartSquares(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> sums, int rows, int columns) : IKernel
    {
        public void Invoke(int index)
        {
            int column = index % columns,
                first = index / columns * PartRows,
                last = Math.Min(first + PartRows, rows);
            float sum = 0f,
                center = mean[column];
            for (int row = first; row < last; row++)
            {
                float deviation = x[(row * columns) + column] - center;
                sum += deviation * deviation;
            }

            sums[index] = sum;
        }
    }

    /// <summary>One column's sum made a mean, in place.</summary>
    internal readonly struct Divide(ArrayView<float> sums, int rows) : IKernel
    {
        public void Invoke(int index) => sums[index] /= rows;
    }
}
