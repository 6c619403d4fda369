using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>The gradient of windows with dilation, tap by tap. The input is padded already.</summary>
public static partial class MaxPool2d
{
    static unsafe void TapPullbackHost(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> y,
        Tensor<float> dy,
        Tensor<float> dx
    )
    {
        dx.Storage.Clear();
        host.For(g.N * g.InChannels, new Planes(g, x.Pointer, y.Pointer, dy.Pointer, dx.Pointer));
    }

    /// <summary>One channel of one image: each window's gradient to its first largest value.</summary>
    readonly unsafe struct Planes(ConvGeometry g, float* x, float* y, float* dy, float* dx) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.InChannels,
                c = item % g.InChannels;
            for (int oy = 0; oy < g.OutH; oy++)
            for (int ox = 0; ox < g.OutW; ox++)
                Window(n, oy, ox, c);
        }

        void Window(int n, int oy, int ox, int c)
        {
            int to = g.OutputAt(n, oy, ox) + c;
            for (int tap = 0; tap < g.Kernel.H * g.Kernel.W; tap++)
            {
                int at = g.InputAt(n, g.InputRow(oy, tap / g.Kernel.W), g.InputColumn(ox, tap % g.Kernel.W)) + c;
                if (!x[at].Equals(y[to]))
                    continue;
                dx[at] += dy[to];
                return;
            }
        }
    }

    /// <summary>One gradient of the input, from all windows with a tap on it.</summary>
    internal readonly struct TapPullbackKernel(
        ArrayView<float> x,
        ArrayView<float> y,
        ArrayView<float> dy,
        ArrayView<float> dx,
        ConvGeometry g
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int ix = pixel % g.W,
                iy = pixel / g.W % g.H,
                n = pixel / g.W / g.H;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            for (int b = 0; b < g.Kernel.W; b++)
            {
                int row = iy - (a * g.Dilation.H),
                    column = ix - (b * g.Dilation.W);
                bool isTap = row >= 0 && column >= 0 && row % g.Stride.H == 0 && column % g.Stride.W == 0;
                if (isTap && row / g.Stride.H < g.OutH && column / g.Stride.W < g.OutW)
                    sum += OfWindow(n, row / g.Stride.H, column / g.Stride.W, c, (a * g.Kernel.W) + b, x[index]);
            }

            dx[index] = sum;
        }

        /// <summary>A window's gradient if the value under one of its taps is the first that is largest.</summary>
        float OfWindow(int n, int oy, int ox, int c, int tap, float value)
        {
            int at = g.OutputAt(n, oy, ox) + c;
            float largest = y[at];
            if (!Same(value, largest))
                return 0f;
            for (int before = 0; before < tap; before++)
            {
                int row = g.InputRow(oy, before / g.Kernel.W),
                    column = g.InputColumn(ox, before % g.Kernel.W);
                if (Same(x[g.InputAt(n, row, column) + c], largest))
                    return 0f;
            }

            return dy[at];
        }

        // NaN is tested before any comparison: comparisons with NaN are translated wrongly.
        static bool Same(float a, float b)
        {
            if (float.IsNaN(a))
                return float.IsNaN(b);
            if (float.IsNaN(b))
                return false;
            return a == b;
        }
    }
}
