using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Grouped;

/// <summary>A convolution of small groups: a vector holds the channels of one group or several, going in and coming out.</summary>
/// <remarks>
/// Output channel l of a vector is the sum over taps and over j of weight [tap, j, l] times input channel j of l's group. So of an input
/// vector each lane takes lane j of its own group: one permutation, or a broadcast where a group fills the vector. The item's input is
/// gathered first, with zeros around it, so that all pixels are alike.
/// </remarks>
readonly unsafe struct GroupedRows<S, V>(GroupedSizes sizes, float* x, float* packed, float* bias, float* y, byte* scratch) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    readonly ConvGeometry g = sizes.G;

    /// <summary>[N, H', W', C] that is added, or null. May be the result itself.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    public void Invoke(int item, int thread)
    {
        int block = item % sizes.Blocks,
            strip = item / sizes.Blocks % sizes.Strips,
            band = item / sizes.Blocks / sizes.Strips % sizes.Bands,
            n = item / sizes.Blocks / sizes.Strips / sizes.Bands;
        var part = new Part(
            n,
            band * sizes.BandRows,
            Math.Min(g.OutH, (band + 1) * sizes.BandRows),
            Division.Cut(strip, sizes.Strips, g.OutW),
            Division.Cut(strip + 1, sizes.Strips, g.OutW),
            block * S.Count,
            (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes))
        );
        if (part.Channel + S.Count <= g.OutChannels)
            Run<S, V>(part);
        else
            Run<Simd256, Vector256<float>>(part);
    }

    void Run<T, W>(Part part)
        where T : struct, ISimd<W>
        where W : unmanaged
    {
        Gather<T, W>(part);
        var terms = Terms.Write(sizes, T.Count, part.Gathered);
        float* sums = stackalloc float[GroupedSizes.Pixels * T.Count],
            start = stackalloc float[T.Count];
        if (bias != null)
            T.Store(T.Load(bias + part.Channel), start);
        int width = part.EndColumn - part.FirstColumn;
        nint to = g.OutputAt(part.N, part.FirstRow, part.FirstColumn) + part.Channel,
            row = (nint)g.OutW * g.OutChannels;
        for (int i = part.FirstRow; i < part.EndRow; i++, to += row)
        {
            float* from = part.Gathered + ((nint)(i - part.FirstRow) * g.Stride.H * sizes.GatheredColumns * T.Count);
            for (int column = 0; column < width; column += GroupedSizes.Pixels)
            {
                Sums<T, W>(terms, from + ((nint)column * g.Stride.W * T.Count), part.Channel, start, sums);
                Finish<T, W>(sums, to + ((nint)column * g.OutChannels), Math.Min(GroupedSizes.Pixels, width - column));
            }

            Tail.Finish(y + to, width, g.OutChannels, T.Count);
        }
    }

    void Sums<T, W>(Terms terms, float* from, int channel, float* start, float* sums)
        where T : struct, ISimd<W>
        where W : unmanaged
    {
        float* weight = packed + ((nint)channel * g.Taps);
        bool isWhole = g.GroupInChannels == T.Count;
        if (g.Stride.W == 1)
        {
            if (isWhole)
                EightPixels<T, W, N1, N1>(terms, from, weight, start, sums);
            else
                EightPixels<T, W, N2, N1>(terms, from, weight, start, sums);
        }
        else if (isWhole)
            EightPixels<T, W, N1, N2>(terms, from, weight, start, sums);
        else
            EightPixels<T, W, N2, N2>(terms, from, weight, start, sums);
    }

    /// <summary>The input under an item, a vector of each pixel; zeros outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Gather<T, W>(Part part)
        where T : struct, ISimd<W>
        where W : unmanaged
    {
        W zero = T.Create(0);
        float* to = part.Gathered;
        int endRow = g.InputRow(part.EndRow - 1, g.Kernel.H - 1),
            firstColumn = g.InputColumn(part.FirstColumn, 0),
            endColumn = firstColumn + sizes.GatheredColumns,
            inside = Math.Clamp(firstColumn, 0, g.W),
            endInside = Math.Clamp(endColumn, inside, g.W);
        for (int row = g.InputRow(part.FirstRow, 0); row <= endRow; row++)
        {
            bool isInside = row >= 0 && row < g.H;
            float* from = x + g.InputAt(part.N, isInside ? row : 0, 0) + part.Channel;
            int column = firstColumn;
            for (; column < (isInside ? inside : endColumn); column++, to += T.Count)
                T.Store(zero, to);
            for (; column < endInside; column++, to += T.Count)
                T.Store(T.Load(from + ((nint)column * g.InChannels)), to);
            for (; column < endColumn; column++, to += T.Count)
                T.Store(zero, to);
        }
    }

    /// <summary>Eight pixels of a row, or as many as are left of the strip.</summary>
    /// <typeparam name="T">The vectors.</typeparam>
    /// <typeparam name="W">Their register.</typeparam>
    /// <typeparam name="P"><see cref="N1"/> where one group fills a vector, <see cref="N2"/> where several do.</typeparam>
    /// <typeparam name="D">Input columns from one pixel to the next.</typeparam>
    /// <remarks>One flat loop with constant offsets, and no call: else the compiler keeps the sums in memory, which takes three times as
    /// long.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static void EightPixels<T, W, P, D>(Terms terms, float* origin, float* weight, float* start, float* sums)
        where T : struct, ISimd<W>
        where W : unmanaged
        where P : struct, IConstant
        where D : struct, IConstant
    {
        W a0 = T.Load(start),
            a1 = T.Load(start),
            a2 = T.Load(start),
            a3 = T.Load(start),
            a4 = T.Load(start),
            a5 = T.Load(start),
            a6 = T.Load(start),
            a7 = T.Load(start);
        float* lanes = terms.Lanes;
        nint* offset = terms.Offsets,
            end = offset + terms.Count;
        for (; offset < end; offset++, weight += T.Count, lanes += T.Count)
        {
            float* from = origin + *offset;
            W w = T.Load(weight),
                lane = P.N > 1 ? T.Load(lanes) : w;
            a0 = T.MultiplyAdd(Spread<T, W, P>(from, lane), w, a0);
            a1 = T.MultiplyAdd(Spread<T, W, P>(from + (D.N * T.Count), lane), w, a1);
            a2 = T.MultiplyAdd(Spread<T, W, P>(from + (2 * D.N * T.Count), lane), w, a2);
            a3 = T.MultiplyAdd(Spread<T, W, P>(from + (3 * D.N * T.Count), lane), w, a3);
            a4 = T.MultiplyAdd(Spread<T, W, P>(from + (4 * D.N * T.Count), lane), w, a4);
            a5 = T.MultiplyAdd(Spread<T, W, P>(from + (5 * D.N * T.Count), lane), w, a5);
            a6 = T.MultiplyAdd(Spread<T, W, P>(from + (6 * D.N * T.Count), lane), w, a6);
            a7 = T.MultiplyAdd(Spread<T, W, P>(from + (7 * D.N * T.Count), lane), w, a7);
        }

        T.Store(a0, sums);
        T.Store(a1, sums + T.Count);
        T.Store(a2, sums + (2 * T.Count));
        T.Store(a3, sums + (3 * T.Count));
        T.Store(a4, sums + (4 * T.Count));
        T.Store(a5, sums + (5 * T.Count));
        T.Store(a6, sums + (6 * T.Count));
        T.Store(a7, sums + (7 * T.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static W Spread<T, W, P>(float* from, W lanes)
        where T : struct, ISimd<W>
        where W : unmanaged
        where P : struct, IConstant => P.N > 1 ? T.Permute(T.Load(from), lanes) : T.Create(*from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Finish<T, W>(float* sums, nint to, int pixels)
        where T : struct, ISimd<W>
        where W : unmanaged
    {
        for (int i = 0; i < pixels; i++, sums += T.Count, to += g.OutChannels)
        {
            W v = T.Load(sums);
            if (Residual != null)
                v = T.Add(v, T.Load(Residual + to));
            T.Store(Tail.Bounds.Clamp<T, W>(v), y + to);
        }
    }

    /// <summary>One item: rows and columns of an image's result, its first channel, and where its input is gathered.</summary>
    readonly struct Part(int n, int firstRow, int endRow, int firstColumn, int endColumn, int channel, float* gathered)
    {
        public readonly int N = n,
            FirstRow = firstRow,
            EndRow = endRow,
            FirstColumn = firstColumn,
            EndColumn = endColumn,
            Channel = channel;
        public readonly float* Gathered = gathered;
    }

    /// <summary>Where each term of a sum takes its input: an offset from the pixel's first one, and a lane for each lane.</summary>
    readonly struct Terms(int count, nint* offsets, float* lanes)
    {
        public readonly int Count = count;
        public readonly nint* Offsets = offsets;
        public readonly float* Lanes = lanes;

        /// <summary>Writes them behind the gathered input, in the order of the packed weights.</summary>
        public static Terms Write(GroupedSizes sizes, int width, float* gathered)
        {
            var g = sizes.G;
            int size = g.GroupInChannels,
                taps = g.Kernel.H * g.Kernel.W,
                repeated = size * width;
            float* lanes = gathered + sizes.GatheredCount;
            nint* offsets = (nint*)(lanes + ((nint)g.Taps * sizes.Lanes)),
                next = offsets;
            for (int j = 0; j < size; j++)
            for (int first = 0; first < width; first += size)
            for (int lane = first; lane < first + size; lane++)
                ((int*)lanes)[(j * width) + lane] = first + j;
            for (int tap = 1; tap < taps; tap++)
                Products.Floats.Copy(lanes, lanes + ((nint)tap * repeated), repeated);
            for (int a = 0; a < g.Kernel.H; a++)
            for (int b = 0; b < g.Kernel.W; b++)
            {
                nint pixel = (nint)width * ((a * g.Dilation.H * sizes.GatheredColumns) + (b * g.Dilation.W));
                for (int j = 0; j < size; j++)
                    *next++ = size == width ? pixel + j : pixel;
            }

            return new(g.Taps, offsets, lanes);
        }
    }
}
