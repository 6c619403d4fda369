using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class LocalResponseNorm
{
    static float Base(ArrayView<float> x, int row, int c, Window w)
    {
        float sum = 0f;
        for (int i = Math.Max(0, c - w.Before); i <= Math.Min(w.Channels - 1, c + w.After); i++)
            sum += x[row + i] * x[row + i];
        return w.K + (w.Factor * sum);
    }

    /// <summary>One value; neighbours are neighbouring channels. Bound by memory: 8 bytes an element where the cache holds a
    /// window.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, Window w) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % w.Channels;
            y[index] = x[index] * Window.Power(Base(x, index - c, c, w), -w.Beta);
        }
    }

    /// <summary>One gradient: size² loads, which the cache holds.</summary>
    internal readonly struct PullbackKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, Window w) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % w.Channels,
                row = index - c;
            float sum = 0f;
            for (int i = Math.Max(0, c - w.After); i <= Math.Min(w.Channels - 1, c + w.Before); i++)
                sum += dy[row + i] * x[row + i] * Window.Power(Base(x, row, i, w), -w.Beta - 1f);
            dx[index] = (dy[index] * Window.Power(Base(x, row, c, w), -w.Beta)) - (2f * w.Factor * w.Beta * x[index] * sum);
        }
    }
}
