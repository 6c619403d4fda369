using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A depthwise convolution with the pointwise ones before and behind it, some rows at a time: the wide values between them never
/// leave the cache.</summary>
/// <remarks>An item is a band of output rows of one image. Rows of the first value that two bands share are computed by both. All values
/// are those of the convolutions one after the other, to the bit.</remarks>
readonly unsafe struct DepthwiseBlock<S, V>(
    BlockSizes sizes,
    PointwisePart first,
    DepthwiseRows depthwise,
    PointwisePart last,
    float* x,
    float* y,
    float* room,
    byte* scratch
) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    readonly DepthwiseGeometry geometry = sizes.Geometry;

    /// <summary>[N, H', W', O] that is added to the last convolution, or null.</summary>
    public float* Residual { get; init; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int n = item / sizes.Bands,
            band = item % sizes.Bands,
            begin = Division.Cut(band, sizes.Bands, geometry.OutH),
            end = Division.Cut(band + 1, sizes.Bands, geometry.OutH);
        float* before = room + (thread * sizes.RoomFloats),
            behind = before + sizes.FirstFloats;
        var reader = depthwise;
        if (first.IsThere)
            reader = reader with { X = before };
        if (last.IsThere)
            reader = reader with { Y = behind };
        // Rows of the value before the depthwise convolution that are there, counted within their image.
        var held = first.IsThere ? new Held(sizes.FirstRow(begin)) : new Held(-n * geometry.G.H);
        for (int oy = begin, count, waiting = 0; oy < end; oy += count)
        {
            if (first.IsThere && sizes.EndRow(oy) > held.End)
                held = Extend(held, n, oy, sizes.EndRow(end - 1), before, thread);
            count = Ready(held, oy, last.IsThere ? Math.Min(end, oy + sizes.LastRows - waiting) : end);
            nint row = (geometry.G.InputRow(oy, 0) - held.First) * sizes.RowFloats,
                to = last.IsThere ? waiting : (n * (nint)geometry.OutH) + oy;
            reader.Rows(oy, count, row, to * sizes.OutRowFloats);
            waiting += count;
            if (!last.IsThere || (waiting < sizes.LastRows && oy + count < end))
                continue;
            Finish(n, oy + count - waiting, waiting, behind, thread);
            waiting = 0;
        }
    }

    /// <summary>Output rows from one on whose inputs are all there.</summary>
    int Ready(Held held, int oy, int end)
    {
        int count = 1;
        while (oy + count < end && (!first.IsThere || sizes.EndRow(oy + count) <= held.End))
            count++;
        return count;
    }

    /// <summary>Makes the rows that an output row reads, and as many more as there is room for.</summary>
    Held Extend(Held held, int n, int oy, int last, float* rows, int thread)
    {
        if (sizes.EndRow(oy) > held.First + sizes.FirstRows)
            held = MoveToFront(held, sizes.FirstRow(oy), rows);
        var g = geometry.G;
        int end = Math.Min(last, held.First + sizes.FirstRows);
        first.Run<S, V>(
            x + ((((nint)n * g.H) + held.End) * g.W * first.InChannels),
            (end - held.End) * g.W,
            null,
            rows + ((held.End - held.First) * sizes.RowFloats),
            scratch,
            thread
        );
        return held with { End = end };
    }

    /// <summary>Keeps the rows from <paramref name="row"/> on.</summary>
    Held MoveToFront(Held held, int row, float* rows)
    {
        if (held.End <= row)
            return new(row);
        Buffer.MemoryCopy(
            rows + ((row - held.First) * sizes.RowFloats),
            rows,
            sizes.FirstFloats * sizeof(float),
            (held.End - row) * sizes.RowFloats * sizeof(float)
        );
        return new(row, held.End);
    }

    /// <summary>The last convolution of rows that wait for it.</summary>
    void Finish(int n, int row, int rows, float* from, int thread)
    {
        nint to = ((n * (nint)geometry.OutH) + row) * geometry.OutW * last.OutChannels;
        last.Run<S, V>(from, rows * geometry.OutW, Residual == null ? null : Residual + to, y + to, scratch, thread);
    }

    /// <summary>Rows in a thread's room.</summary>
    /// <param name="First">The first one.</param>
    /// <param name="End">One past the last.</param>
    readonly record struct Held(int First, int End)
    {
        public Held(int first)
            : this(first, first) { }
    }
}
