using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class Reduce
{
    /// <summary>Sums per channel in double: parts of fixed size, then the parts in order.</summary>
    static unsafe void SumRowsHost(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int channels = x.Shape.Last,
            rows = channels == 0 ? 0 : x.Shape.Count / channels,
            parts = Division.Ceil(rows, Chunks.Rows(channels));
        using var sums = new Workspace<double>(host, channels);
        using var partSums = new Workspace<double>(host, (long)parts * channels);
        host.For(parts, new Part(x.Pointer, rows, channels, partSums.Pointer));
        host.For(Division.Ceil(channels, Merge.Channels), new Merge(partSums.Pointer, parts, channels, sums.Pointer));
        for (int c = 0; c < channels; c++)
            y.Pointer[c] = (float)sums.Pointer[c];
    }

    readonly unsafe struct Part(float* x, int rows, int channels, double* sums) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                end = Math.Min(rows, first + Chunks.Rows(channels));
            double* to = sums + ((nint)item * channels);
            new Span<double>(to, channels).Clear();
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * channels);
                int c = 0;
                for (; c <= channels - 4; c += 4)
                    (Vector256.Load(to + c) + Vector256.WidenLower(Vector128.Load(from + c).ToVector256Unsafe())).Store(to + c);
                for (; c < channels; c++)
                    to[c] += from[c];
            }
        }
    }
}
