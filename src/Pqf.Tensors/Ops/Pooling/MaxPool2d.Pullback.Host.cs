using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static unsafe void PullbackHost(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> y,
        Tensor<float> dy,
        Tensor<float> dx
    ) => host.For(g.N * g.H, new InputRows(g, x.Pointer, y.Pointer, dy.Pointer, dx.Pointer));

    /// <summary>One row of the input's gradient, from all windows over it. A window over several rows is searched for each of them: rows
    /// stay independent.</summary>
    readonly unsafe struct InputRows(ConvGeometry g, float* x, float* y, float* dy, float* dx) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.H,
                iy = item % g.H;
            Floats.Clear(dx + g.InputAt(n, iy, 0), g.W * g.InChannels);
            for (int oy = g.FirstWindowRow(iy); oy < g.EndWindowRow(iy); oy++)
            for (int ox = 0; ox < g.OutW; ox++)
                Window(n, iy, oy, ox);
        }

        /// <summary>The window's gradient to its first largest value, where that lies in the row.</summary>
        void Window(int n, int iy, int oy, int ox)
        {
            int firstRow = Math.Max(0, g.InputRow(oy, 0)),
                left = g.InputColumn(ox, 0),
                first = Math.Max(0, left),
                end = Math.Min(g.W, left + g.Kernel.W);
            float* largest = y + g.OutputAt(n, oy, ox),
                gradient = dy + g.OutputAt(n, oy, ox);
            int c = 0;
            for (; c <= g.InChannels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = Vector.Load(largest + c);
                var remaining = Vector.AsVectorInt32(Vector.Load(gradient + c)); // its bits, zero where the place has been found
                for (int row = firstRow; row <= iy; row++)
                for (int column = first; column < end; column++)
                {
                    int at = g.InputAt(n, row, column) + c;
                    var found = remaining & Same(Vector.Load(x + at), value);
                    remaining ^= found;
                    if (row == iy)
                        Vector.Store(Vector.Load(dx + at) + Vector.AsVectorSingle(found), dx + at);
                }
            }

            for (; c < g.InChannels; c++)
                Scalar(n, iy, firstRow, first, end, c, largest[c], gradient[c]);
        }

        void Scalar(int n, int iy, int firstRow, int first, int end, int c, float value, float gradient)
        {
            for (int row = firstRow; row <= iy; row++)
            for (int column = first; column < end; column++)
            {
                int at = g.InputAt(n, row, column) + c;
                if (!x[at].Equals(value))
                    continue;
                if (row == iy)
                    dx[at] += gradient;
                return;
            }
        }

        /// <summary>All bits of a lane where both are equal or both are NaN.</summary>
        static Vector<int> Same(Vector<float> a, Vector<float> b) =>
            Vector.Equals(a, b) | Vector.AndNot(~Vector.Equals(a, a), Vector.Equals(b, b));
    }
}
