using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Pad
{
    /// <summary>One value; neighbours are neighbouring channels. Bound by memory: 8 bytes an output.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, PadGeometry g, float value) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.Channels,
                pixel = index / g.Channels,
                column = g.Columns.Source(pixel % g.Columns.Out),
                row = g.Rows.Source(pixel / g.Columns.Out % g.Rows.Out),
                n = pixel / g.Columns.Out / g.Rows.Out;
            y[index] = row >= 0 && column >= 0 ? x[(((((n * g.Rows.In) + row) * g.Columns.In) + column) * g.Channels) + c] : value;
        }
    }

    /// <summary>One gradient of the input, from all outputs that copy it; neighbours are neighbouring channels. Bound by memory: 8 bytes an
    /// input.</summary>
    internal readonly struct PullbackKernel(ArrayView<float> dy, ArrayView<float> dx, PadGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.Channels,
                pixel = index / g.Channels,
                column = pixel % g.Columns.In,
                row = pixel / g.Columns.In % g.Rows.In,
                n = pixel / g.Columns.In / g.Rows.In;
            float sum = 0f;
            for (int i = 0; i < g.Rows.CandidateCount; i++)
            {
                int y = g.Rows.Candidate(row, i);
                if (g.Rows.Source(y) != row)
                    continue;
                for (int j = 0; j < g.Columns.CandidateCount; j++)
                {
                    int x = g.Columns.Candidate(column, j);
                    if (g.Columns.Source(x) == column)
                        sum += dy[(((((n * g.Rows.Out) + y) * g.Columns.Out) + x) * g.Channels) + c];
                }
            }

            dx[index] = sum;
        }
    }
}
