using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static void PullbackGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(dx.Shape.Count, new PullbackKernel(x.View, y.View, dy.View, dx.View, geometry));

    /// <summary>One gradient of the input, from all windows over it; neighbours are neighbouring channels. Bound by memory: some 16 bytes
    /// an input.</summary>
    internal readonly struct PullbackKernel(
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
            for (int oy = g.FirstWindowRow(iy); oy < g.EndWindowRow(iy); oy++)
            for (int ox = g.FirstWindowColumn(ix); ox < g.EndWindowColumn(ix); ox++)
            {
                int at = g.OutputAt(n, oy, ox) + c;
                if (Same(x[index], y[at]) && IsFirst(n, oy, ox, iy, ix, c, y[at]))
                    sum += dy[at];
            }

            dx[index] = sum;
        }

        /// <summary>Whether no value before it in the window is as large.</summary>
        bool IsFirst(int n, int oy, int ox, int iy, int ix, int c, float largest)
        {
            int first = Math.Max(0, g.InputColumn(ox, 0)),
                end = Math.Min(g.W, g.InputColumn(ox, 0) + g.Kernel.W);
            for (int row = Math.Max(0, g.InputRow(oy, 0)); row <= iy; row++)
            for (int column = first; column < (row == iy ? ix : end); column++)
                if (Same(x[g.InputAt(n, row, column) + c], largest))
                    return false;
            return true;
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
