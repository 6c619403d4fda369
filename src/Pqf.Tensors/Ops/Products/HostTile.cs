using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Products;

/// <summary>The register tile that carries all products: up to 14 rows by two vectors of 16, or 6 by two of 8.</summary>
/// <typeparam name="S">The vectors.</typeparam>
/// <typeparam name="V">Their register.</typeparam>
/// <typeparam name="L">Where the left operand's values lie.</typeparam>
/// <remarks>
/// Rows never mix, and the sum runs over K in order: a value does not depend on the tile it is computed in.
/// 28 sums, two weights and one broadcast fill 31 of 32 registers; rows above the tile's are folded away.
/// </remarks>
static unsafe class HostTile<S, V, L>
    where S : struct, ISimd<V>
    where V : unmanaged
    where L : struct, ITileLayout
{
    // Terms a turn of the loop where vectors are narrow. Measured on Zen 3, 6 x 16: 65 GFLOP/s with one, 85 with two, 90 with four; eight
    // gain nothing more.
    // A term is 20 instructions. Addresses that the compiler computed, and counts for the loop's end, were six more, which cost 5 to 9 %
    // beside a neighbour on the same core.
    const int Unrolled = 4;

    // Runs between two looks at what to fetch where vectors are narrow: a run is short there, and looking at each would take a fifth of the
    // time.
    const int RunsPerTurn = 4;

    public static void Run(Tile* tile, int rows) => Run<N2>(tile, rows);

    /// <summary>As <see cref="Run(Tile*, int)"/>, of the panel's first vector alone: half the work where a matrix has no more columns
    /// left.</summary>
    public static void RunNarrow(Tile* tile, int rows) => Run<N1>(tile, rows);

    static void Run<W>(Tile* tile, int rows)
        where W : struct, IConstant
    {
        switch (rows)
        {
            case 1: Run<N1, W>(tile); break;
            case 2: Run<N2, W>(tile); break;
            case 3: Run<N3, W>(tile); break;
            case 4: Run<N4, W>(tile); break;
            case 5: Run<N5, W>(tile); break;
            case 6: Run<N6, W>(tile); break;
            case 7: Run<N7, W>(tile); break;
            case 8: Run<N8, W>(tile); break;
            case 9: Run<N9, W>(tile); break;
            case 10: Run<N10, W>(tile); break;
            case 11: Run<N11, W>(tile); break;
            case 12: Run<N12, W>(tile); break;
            case 13: Run<N13, W>(tile); break;
            case 14: Run<N14, W>(tile); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Run<R, W>(Tile* t)
        where R : struct, IConstant
        where W : struct, IConstant
    {
        V zero = S.Create(0);
        V x0 = zero, y0 = zero;
        V x1 = zero, y1 = zero;
        V x2 = zero, y2 = zero;
        V x3 = zero, y3 = zero;
        V x4 = zero, y4 = zero;
        V x5 = zero, y5 = zero;
        V x6 = zero, y6 = zero;
        V x7 = zero, y7 = zero;
        V x8 = zero, y8 = zero;
        V x9 = zero, y9 = zero;
        V x10 = zero, y10 = zero;
        V x11 = zero, y11 = zero;
        V x12 = zero, y12 = zero;
        V x13 = zero, y13 = zero;
        float* a = t->A, b = t->B, next = t->Next;
        int run = t->Run, skip = t->Skip, runsPerTurn = S.Count < 16 ? RunsPerTurn : 1;
        var ahead = new Results(t);
        int rows = R.N, rowsPerTurn = S.Count < 16 ? R.N : ((R.N * run) + t->K - 1) / Math.Max(1, t->K);
        for (int k = t->K; k > 0; rows -= rowsPerTurn)
        {
            FetchNext(t, ref next, runsPerTurn);
            FetchResults<W>(ref ahead, Math.Min(rows, rowsPerTurn));
            for (int runs = runsPerTurn; runs > 0 && k > 0; runs--, k -= run)
            {
                float* end = a + (Math.Min(k, run) * L.Step);
                if (S.Count < 16)
                    for (float* last = end - (Unrolled * L.Step); a <= last; a += Unrolled * L.Step, b += Unrolled * 2 * S.Count)
                    {
                        Term<R, W>(a, b, 0, ref x0, ref y0, ref x1, ref y1, ref x2, ref y2, ref x3, ref y3, ref x4, ref y4, ref x5, ref y5);
                        Term<R, W>(a, b, 1, ref x0, ref y0, ref x1, ref y1, ref x2, ref y2, ref x3, ref y3, ref x4, ref y4, ref x5, ref y5);
                        Term<R, W>(a, b, 2, ref x0, ref y0, ref x1, ref y1, ref x2, ref y2, ref x3, ref y3, ref x4, ref y4, ref x5, ref y5);
                        Term<R, W>(a, b, 3, ref x0, ref y0, ref x1, ref y1, ref x2, ref y2, ref x3, ref y3, ref x4, ref y4, ref x5, ref y5);
                    }

                for (; a < end; a += L.Step, b += 2 * S.Count)
                {
                    // Not by Term: it would load the weights again, into two more registers, and a sum would live in memory: its chain
                    // of a load, a product and a store takes 17 cycles a term instead of 14.
                    V b0 = S.Load(b), b1 = W.N > 1 ? S.Load(b + S.Count) : b0;
                    Step<W>(a, b0, b1, ref x0, ref y0);
                    if (R.N > 1)
                        Step<W>(a + (1 * L.Row), b0, b1, ref x1, ref y1);
                    if (R.N > 2)
                        Step<W>(a + (2 * L.Row), b0, b1, ref x2, ref y2);
                    if (R.N > 3)
                        Step<W>(a + (3 * L.Row), b0, b1, ref x3, ref y3);
                    if (R.N > 4)
                        Step<W>(a + (4 * L.Row), b0, b1, ref x4, ref y4);
                    if (R.N > 5)
                        Step<W>(a + (5 * L.Row), b0, b1, ref x5, ref y5);
                    if (R.N > 6)
                        Step<W>(a + (6 * L.Row), b0, b1, ref x6, ref y6);
                    if (R.N > 7)
                        Step<W>(a + (7 * L.Row), b0, b1, ref x7, ref y7);
                    if (R.N > 8)
                        Step<W>(a + (8 * L.Row), b0, b1, ref x8, ref y8);
                    if (R.N > 9)
                        Step<W>(a + (9 * L.Row), b0, b1, ref x9, ref y9);
                    if (R.N > 10)
                        Step<W>(a + (10 * L.Row), b0, b1, ref x10, ref y10);
                    if (R.N > 11)
                        Step<W>(a + (11 * L.Row), b0, b1, ref x11, ref y11);
                    if (R.N > 12)
                        Step<W>(a + (12 * L.Row), b0, b1, ref x12, ref y12);
                    if (R.N > 13)
                        Step<W>(a + (13 * L.Row), b0, b1, ref x13, ref y13);
                }

                a += skip;
            }
        }

        V bias0 = zero, bias1 = zero;
        if (t->Bias != null)
            (bias0, bias1) = (S.Load(t->Bias), W.N > 1 ? S.Load(t->Bias + S.Count) : zero);
        var results = new Results(t);
        Finish<W>(ref results, S.Add(x0, bias0), S.Add(y0, bias1));
        if (R.N > 1)
            Finish<W>(ref results, S.Add(x1, bias0), S.Add(y1, bias1));
        if (R.N > 2)
            Finish<W>(ref results, S.Add(x2, bias0), S.Add(y2, bias1));
        if (R.N > 3)
            Finish<W>(ref results, S.Add(x3, bias0), S.Add(y3, bias1));
        if (R.N > 4)
            Finish<W>(ref results, S.Add(x4, bias0), S.Add(y4, bias1));
        if (R.N > 5)
            Finish<W>(ref results, S.Add(x5, bias0), S.Add(y5, bias1));
        if (R.N > 6)
            Finish<W>(ref results, S.Add(x6, bias0), S.Add(y6, bias1));
        if (R.N > 7)
            Finish<W>(ref results, S.Add(x7, bias0), S.Add(y7, bias1));
        if (R.N > 8)
            Finish<W>(ref results, S.Add(x8, bias0), S.Add(y8, bias1));
        if (R.N > 9)
            Finish<W>(ref results, S.Add(x9, bias0), S.Add(y9, bias1));
        if (R.N > 10)
            Finish<W>(ref results, S.Add(x10, bias0), S.Add(y10, bias1));
        if (R.N > 11)
            Finish<W>(ref results, S.Add(x11, bias0), S.Add(y11, bias1));
        if (R.N > 12)
            Finish<W>(ref results, S.Add(x12, bias0), S.Add(y12, bias1));
        if (R.N > 13)
            Finish<W>(ref results, S.Add(x13, bias0), S.Add(y13, bias1));
    }

    /// <summary>A term of the sums of the first six rows, so many after the pointers': all that sixteen registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Term<R, W>(
        float* a, float* b, int term, ref V x0, ref V y0, ref V x1, ref V y1, ref V x2, ref V y2, ref V x3, ref V y3, ref V x4, ref V y4,
            ref V x5, ref V y5)
        where R : struct, IConstant
        where W : struct, IConstant
    {
        V b0 = S.Load(b + (term * 2 * S.Count)), b1 = W.N > 1 ? S.Load(b + (((term * 2) + 1) * S.Count)) : b0;
        Step<W>(a + (term * L.Step), b0, b1, ref x0, ref y0);
        if (R.N > 1)
            Step<W>(a + (term * L.Step) + (1 * L.Row), b0, b1, ref x1, ref y1);
        if (R.N > 2)
            Step<W>(a + (term * L.Step) + (2 * L.Row), b0, b1, ref x2, ref y2);
        if (R.N > 3)
            Step<W>(a + (term * L.Step) + (3 * L.Row), b0, b1, ref x3, ref y3);
        if (R.N > 4)
            Step<W>(a + (term * L.Step) + (4 * L.Row), b0, b1, ref x4, ref y4);
        if (R.N > 5)
            Step<W>(a + (term * L.Step) + (5 * L.Row), b0, b1, ref x5, ref y5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Step<W>(float* a, V b0, V b1, ref V x, ref V y)
        where W : struct, IConstant
    {
        V value = S.Create(*a);
        x = S.MultiplyAdd(value, b0, x);
        if (W.N > 1)
            y = S.MultiplyAdd(value, b1, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Finish<W>(ref Results r, V v0, V v1)
        where W : struct, IConstant
    {
        v0 = Finished(in r, v0, 0);
        S.Store(v0, r.C);
        if (W.N > 1)
        {
            v1 = Finished(in r, v1, S.Count);
            S.Store(v1, r.C + S.Count);
        }

        r.C += r.Apart;
        if (r.Residual != null)
            r.Residual += r.Apart;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Finished(in Results r, V v, int column)
    {
        if (r.Accumulate)
            v = S.Add(v, S.Load(r.C + column));
        if (r.Residual != null)
            v = S.Add(v, S.Load(r.Residual + column));
        if (r.HasLow)
            v = S.Max(S.Create(r.Tile->Bounds.Low), v); // NaN passes
        if (r.HasHigh)
            v = S.Min(S.Create(r.Tile->Bounds.High), v);
        return v;
    }

    /// <summary>Where the next row of results goes, in registers.</summary>
    ref struct Results(Tile* t)
    {
        public float* C = t->C, Residual = t->Residual;
        public readonly nint Apart = t->RowsStride;
        public readonly bool Accumulate = t->Accumulate, HasLow = t->Bounds.HasLow, HasHigh = t->Bounds.HasHigh;
        public readonly Tile* Tile = t;
    }

    /// <summary>Fetches the lines that <see cref="Finish"/> touches, a few rows a turn: many at once, their misses would hold up the
    /// operands' own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FetchResults<W>(ref Results r, int rows)
        where W : struct, IConstant
    {
        if (!Sse.IsSupported)
            return;
        for (; rows > 0; rows--, r.C += r.Apart)
        {
            Fetch<W>(r.C);
            if (r.Residual == null)
                continue;
            Fetch<W>(r.Residual);
            r.Residual += r.Apart;
        }
    }

    /// <summary>Two vectors: one line of the cache each, or one for both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fetch<W>(float* vectors)
        where W : struct, IConstant
    {
        Sse.Prefetch0(vectors);
        if (S.Count >= 16 && W.N > 1)
            Sse.Prefetch0(vectors + S.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FetchNext(Tile* t, ref float* next, int runs)
    {
        if (!Sse.IsSupported)
            return;
        for (runs = t->NextLines == 0 ? 0 : runs; runs > 0; runs--, next += t->NextStep)
        {
            float* line = next;
            for (int i = t->NextLines; i > 0; i--, line += t->NextStride)
                Sse.Prefetch1(line);
        }
    }
}
