using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Pad
{
    static unsafe void Host(HostDevice host, PadGeometry g, float value, Tensor<float> x, Tensor<float> y) =>
        host.For(g.N * g.Rows.Out, new OutputRows(g, value, x.Pointer, y.Pointer));

    static unsafe void PullbackHost(HostDevice host, PadGeometry g, Tensor<float> dy, Tensor<float> dx) =>
        host.For(g.N * g.Rows.In, new InputRows(g, dy.Pointer, dx.Pointer));

    /// <summary>One row of the output.</summary>
    readonly unsafe struct OutputRows(PadGeometry g, float value, float* x, float* y) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.Rows.Out,
                row = g.Rows.Source(item % g.Rows.Out);
            float* to = y + ((nint)item * g.Columns.Out * g.Channels);
            if (row < 0)
            {
                new Span<float>(to, g.Columns.Out * g.Channels).Fill(value);
                return;
            }

            float* from = x + ((((nint)n * g.Rows.In) + row) * g.Columns.In * g.Channels);
            Floats.Copy(from, to + ((nint)g.Columns.Before * g.Channels), g.Columns.In * g.Channels);
            for (int i = 1; i < g.Columns.CandidateCount; i++)
            {
                int column = g.Columns.Candidate(0, i),
                    source = g.Columns.Source(column);
                if (source < 0)
                    new Span<float>(to + ((nint)column * g.Channels), g.Channels).Fill(value);
                else
                    Floats.Copy(from + ((nint)source * g.Channels), to + ((nint)column * g.Channels), g.Channels);
            }
        }
    }

    /// <summary>One row of the input's gradient: all rows of the output that copy it.</summary>
    readonly unsafe struct InputRows(PadGeometry g, float* dy, float* dx) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.Rows.In,
                row = item % g.Rows.In;
            float* to = dx + ((nint)item * g.Columns.In * g.Channels);
            Floats.Clear(to, g.Columns.In * g.Channels);
            for (int i = 0; i < g.Rows.CandidateCount; i++)
            {
                int y = g.Rows.Candidate(row, i);
                if (g.Rows.Source(y) == row)
                    AddRow(dy + ((((nint)n * g.Rows.Out) + y) * g.Columns.Out * g.Channels), to);
            }
        }

        void AddRow(float* from, float* to)
        {
            Add(from + ((nint)g.Columns.Before * g.Channels), to, g.Columns.In * g.Channels);
            for (int i = 1; i < g.Columns.CandidateCount; i++)
            {
                int column = g.Columns.Candidate(0, i),
                    source = g.Columns.Source(column);
                if (source >= 0)
                    Add(from + ((nint)column * g.Channels), to + ((nint)source * g.Channels), g.Channels);
            }
        }

        static void Add(float* from, float* to, int count)
        {
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(Vector.Load(to + i) + Vector.Load(from + i), to + i);
            for (; i < count; i++)
                to[i] += from[i];
        }
    }
}
