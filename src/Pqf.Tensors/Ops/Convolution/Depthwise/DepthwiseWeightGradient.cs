using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>Gradient of a depthwise weight: of some output rows the sums, tap by tap, of dy times the input under the tap; four vectors of
/// channels at a time.</summary>
/// <remarks>Rows are cut into parts that follow from sizes alone. Parts are added in order.</remarks>
/// <param name="g">One channel in each group; not empty.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="dy">[N, H', W', C].</param>
/// <param name="sums">[parts, taps, C].</param>
/// <param name="partRows">Output rows of a part.</param>
readonly unsafe struct DepthwiseWeightGradient(ConvGeometry g, float* x, float* dy, float* sums, int partRows) : IHostWork
{
    /// <summary>Writes the gradient.</summary>
    /// <param name="host">The device.</param>
    /// <param name="g">One channel in each group; not empty.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <param name="dWeight">[C, 1, kH, kW].</param>
    public static void Run(HostDevice host, ConvGeometry g, float* x, float* dy, float* dWeight)
    {
        int partRows = Chunks.Rows(g.OutW * g.OutChannels),
            parts = Division.Ceil(g.N * g.OutH, partRows);
        using var sums = new Workspace<float>(host, (long)parts * g.Taps * g.OutChannels);
        host.For(parts, new DepthwiseWeightGradient(g, x, dy, sums.Pointer, partRows));
        host.For(Division.Ceil(g.OutChannels, AddParts.Channels), new AddParts(g, sums.Pointer, parts, dWeight));
    }

    public void Invoke(int item, int thread)
    {
        float* to = sums + ((nint)item * g.Taps * g.OutChannels);
        int first = item * partRows,
            end = Math.Min(g.N * g.OutH, first + partRows);
        for (int a = 0; a < g.Kernel.H; a++)
        for (int b = 0; b < g.Kernel.W; b++, to += g.OutChannels)
        {
            int c = 0;
            if (Vector512.IsHardwareAccelerated)
                c = Vectors<Simd512, Vector512<float>>(first, end, a, b, c, to);
            c = Vectors<Simd256, Vector256<float>>(first, end, a, b, c, to);
            for (; c < g.OutChannels; c++)
                to[c] = OneChannel(first, end, a, b, c);
        }
    }

    int Vectors<S, V>(int first, int end, int a, int b, int c, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (; c <= g.OutChannels - (4 * S.Count); c += 4 * S.Count)
            FourVectors<S, V>(first, end, a, b, c, to + c);
        for (; c <= g.OutChannels - S.Count; c += S.Count)
            OneVector<S, V>(first, end, a, b, c, to + c);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void FourVectors<S, V>(int first, int end, int a, int b, int c, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V s0 = S.Create(0),
            s1 = s0,
            s2 = s0,
            s3 = s0;
        nint step = (nint)g.Stride.W * g.InChannels;
        int channels = g.OutChannels;
        var columns = Columns(b);
        for (int row = first; row < end; row++)
        {
            if (!Find(row, a, b, columns.First, c, out float* p, out float* q))
                continue;
            for (int ox = columns.First; ox < columns.End; ox++, p += step, q += channels)
            {
                s0 = S.MultiplyAdd(S.Load(p), S.Load(q), s0);
                s1 = S.MultiplyAdd(S.Load(p + S.Count), S.Load(q + S.Count), s1);
                s2 = S.MultiplyAdd(S.Load(p + (2 * S.Count)), S.Load(q + (2 * S.Count)), s2);
                s3 = S.MultiplyAdd(S.Load(p + (3 * S.Count)), S.Load(q + (3 * S.Count)), s3);
            }
        }

        S.Store(s0, to);
        S.Store(s1, to + S.Count);
        S.Store(s2, to + (2 * S.Count));
        S.Store(s3, to + (3 * S.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void OneVector<S, V>(int first, int end, int a, int b, int c, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var sum = S.Create(0);
        nint step = (nint)g.Stride.W * g.InChannels;
        var columns = Columns(b);
        for (int row = first; row < end; row++)
            if (Find(row, a, b, columns.First, c, out float* p, out float* q))
                for (int ox = columns.First; ox < columns.End; ox++, p += step, q += g.OutChannels)
                    sum = S.MultiplyAdd(S.Load(p), S.Load(q), sum);
        S.Store(sum, to);
    }

    float OneChannel(int first, int end, int a, int b, int c)
    {
        float sum = 0;
        nint step = (nint)g.Stride.W * g.InChannels;
        var columns = Columns(b);
        for (int row = first; row < end; row++)
            if (Find(row, a, b, columns.First, c, out float* p, out float* q))
                for (int ox = columns.First; ox < columns.End; ox++, p += step, q += g.OutChannels)
                    sum += *p * *q;
        return sum;
    }

    (int First, int End) Columns(int b) => DepthwiseTaps.Outputs(b, g.W, g.OutW, g.Stride.W, g.Padding.W, g.Dilation.W);

    /// <summary>Where a tap's inputs and their outputs begin in one row of outputs; false if the tap lies in the padding.</summary>
    bool Find(int row, int a, int b, int ox, int c, out float* p, out float* q)
    {
        int n = row / g.OutH,
            oy = row % g.OutH,
            iy = g.InputRow(oy, a);
        bool isInside = iy >= 0 && iy < g.H;
        p = isInside ? x + g.InputAt(n, iy, 0) + ((nint)g.InputColumn(ox, b) * g.InChannels) + c : null;
        q = dy + g.OutputAt(n, oy, ox) + c;
        return isInside;
    }

    /// <summary>Sums [parts, taps, channels] of some channels, added in order.</summary>
    readonly struct AddParts(ConvGeometry g, float* sums, int parts, float* dWeight) : IHostWork
    {
        public const int Channels = 64;

        public void Invoke(int item, int thread)
        {
            int end = Math.Min(g.OutChannels, (item + 1) * Channels);
            for (int c = item * Channels; c < end; c++)
            for (int tap = 0; tap < g.Taps; tap++)
            {
                double sum = 0;
                for (int part = 0; part < parts; part++)
                    sum += sums[((((nint)part * g.Taps) + tap) * g.OutChannels) + c];
                dWeight[((nint)c * g.Taps) + tap] = (float)sum;
            }
        }
    }
}
