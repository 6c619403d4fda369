using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Interpolate
{
    static unsafe void Host<TMode>(HostDevice host, Resize resize, Tensor<float> x, Tensor<float> y)
        where TMode : unmanaged, IInterpolation =>
        host.For(resize.N * resize.Rows.Out, new OutputRows<TMode>(resize, x.Pointer, y.Pointer));

    static unsafe void PullbackHost<TMode>(HostDevice host, Resize resize, Tensor<float> dy, Tensor<float> dx)
        where TMode : unmanaged, IInterpolation =>
        host.For(resize.N * resize.Rows.In, new InputRows<TMode>(resize, dy.Pointer, dx.Pointer));

    /// <summary>One row of the output.</summary>
    readonly unsafe struct OutputRows<TMode>(Resize resize, float* x, float* y) : IHostWork
        where TMode : unmanaged, IInterpolation
    {
        public void Invoke(int item, int thread)
        {
            int n = item / resize.Rows.Out,
                channels = resize.Channels;
            var (top, bottom, lower) = TMode.Around(resize.Rows, item % resize.Rows.Out);
            float* upperRow = Row(n, top),
                lowerRow = Row(n, bottom),
                to = y + ((nint)item * resize.Columns.Out * channels);
            for (int column = 0; column < resize.Columns.Out; column++, to += channels)
            {
                var (left, right, rightWeight) = TMode.Around(resize.Columns, column);
                if (lower == 0 && rightWeight == 0)
                    Floats.Copy(upperRow + ((nint)left * channels), to, channels);
                else
                    Mix(
                        upperRow + ((nint)left * channels),
                        upperRow + ((nint)right * channels),
                        lowerRow + ((nint)left * channels),
                        lowerRow + ((nint)right * channels),
                        lower,
                        rightWeight,
                        to
                    );
            }
        }

        float* Row(int n, int row) => x + ((((nint)n * resize.Rows.In) + row) * resize.Columns.In * resize.Channels);

        void Mix(float* a, float* b, float* c, float* d, float lower, float right, float* to)
        {
            int i = 0;
            for (; i <= resize.Channels - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(
                    (((Vector.Load(a + i) * (1 - right)) + (Vector.Load(b + i) * right)) * (1 - lower))
                        + (((Vector.Load(c + i) * (1 - right)) + (Vector.Load(d + i) * right)) * lower),
                    to + i
                );
            for (; i < resize.Channels; i++)
                to[i] = (((a[i] * (1 - right)) + (b[i] * right)) * (1 - lower)) + (((c[i] * (1 - right)) + (d[i] * right)) * lower);
        }
    }

    /// <summary>One row of the input's gradient: for each pixel the outputs that read it, row by row.</summary>
    readonly unsafe struct InputRows<TMode>(Resize resize, float* dy, float* dx) : IHostWork
        where TMode : unmanaged, IInterpolation
    {
        public void Invoke(int item, int thread)
        {
            int n = item / resize.Rows.In,
                row = item % resize.Rows.In,
                channels = resize.Channels;
            float* to = dx + ((nint)item * resize.Columns.In * channels);
            Floats.Clear(to, resize.Columns.In * channels);
            for (int y = TMode.Before(resize.Rows, row); y < resize.Rows.Out && TMode.Around(resize.Rows, y).Low <= row; y++)
                if (Weight<TMode>(resize.Rows, y, row) is var weight and not 0)
                    AddRow(dy + ((((nint)n * resize.Rows.Out) + y) * resize.Columns.Out * channels), weight, to);
        }

        void AddRow(float* from, float rowWeight, float* to)
        {
            for (int x = 0; x < resize.Columns.Out; x++, from += resize.Channels)
            {
                var (left, right, rightWeight) = TMode.Around(resize.Columns, x);
                AddPixel(from, rowWeight * (1 - rightWeight), to + ((nint)left * resize.Channels));
                if (rightWeight != 0)
                    AddPixel(from, rowWeight * rightWeight, to + ((nint)right * resize.Channels));
            }
        }

        void AddPixel(float* from, float weight, float* to)
        {
            int i = 0;
            for (; i <= resize.Channels - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(Vector.Load(to + i) + (Vector.Load(from + i) * weight), to + i);
            for (; i < resize.Channels; i++)
                to[i] += from[i] * weight;
        }
    }
}
