using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Interpolate
{
    /// <summary>The part of an output that an input pixel has along one axis.</summary>
    static float Weight<TMode>(ResizeAxis axis, int output, int pixel)
        where TMode : unmanaged, IInterpolation
    {
        var (low, high, highWeight) = TMode.Around(axis, output);
        return (low == pixel ? 1f - highWeight : 0f) + (high == pixel ? highWeight : 0f);
    }

    /// <summary>One output; neighbours are neighbouring channels. Bound by memory: 4 bytes an output and an input, whose pixels stay in
    /// cache.</summary>
    internal readonly struct Kernel<TMode>(ArrayView<float> x, ArrayView<float> y, Resize resize) : IKernel
        where TMode : unmanaged, IInterpolation
    {
        public void Invoke(int index)
        {
            int c = index % resize.Channels,
                pixel = index / resize.Channels,
                row = pixel / resize.Columns.Out;
            var (top, bottom, lower) = TMode.Around(resize.Rows, row % resize.Rows.Out);
            var (left, right, rightWeight) = TMode.Around(resize.Columns, pixel % resize.Columns.Out);
            int image = row / resize.Rows.Out * resize.Rows.In;
            float upperValue = Mix(At(image + top, left, c), At(image + top, right, c), rightWeight);
            y[index] =
                lower > 0f
                    ? Mix(upperValue, Mix(At(image + bottom, left, c), At(image + bottom, right, c), rightWeight), lower)
                    : upperValue;
        }

        float At(int row, int column, int c) => x[(((row * resize.Columns.In) + column) * resize.Channels) + c];

        // A value of no weight is not read: it may be infinite.
        static float Mix(float a, float b, float weight) => weight > 0f ? (a * (1f - weight)) + (b * weight) : a;
    }

    /// <summary>One gradient of the input, from all outputs that read its pixel; neighbours are neighbouring channels. Bound by memory: 4
    /// bytes an input and an output.</summary>
    internal readonly struct PullbackKernel<TMode>(ArrayView<float> dy, ArrayView<float> dx, Resize resize) : IKernel
        where TMode : unmanaged, IInterpolation
    {
        public void Invoke(int index)
        {
            int c = index % resize.Channels,
                pixel = index / resize.Channels,
                column = pixel % resize.Columns.In,
                row = pixel / resize.Columns.In % resize.Rows.In;
            int image = pixel / resize.Columns.In / resize.Rows.In * resize.Rows.Out,
                first = TMode.Before(resize.Columns, column);
            float sum = 0f;
            for (int y = TMode.Before(resize.Rows, row); y < resize.Rows.Out && TMode.Around(resize.Rows, y).Low <= row; y++)
            {
                float rowWeight = Weight<TMode>(resize.Rows, y, row);
                for (int x = first; x < resize.Columns.Out && TMode.Around(resize.Columns, x).Low <= column; x++)
                {
                    float weight = rowWeight * Weight<TMode>(resize.Columns, x, column);
                    if (weight > 0f)
                        sum += weight * dy[((((image + y) * resize.Columns.Out) + x) * resize.Channels) + c];
                }
            }

            dx[index] = sum;
        }
    }
}
