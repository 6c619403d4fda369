using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The register tile at all points of a stem's tiles: up to 14 tiles by two vectors of 16 output channels, or 6 by two of
/// 8.</summary>
/// <remarks>The sums have twelve terms at most. With <see cref="HostTile{S, V, L}"/>, called once for each point, half of the time went
/// into what surrounds them (bench -- winograd); here all points share one call.</remarks>
static unsafe class StemProducts<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // Terms a turn of the loop where vectors are narrow (see HostTile): every point has a multiple of them.
    const int Unrolled = StemPoints.Colours;

    /// <summary>The products of some tiles with one panel.</summary>
    /// <param name="a">[point][tile][16], of which the first are the point's terms.</param>
    /// <param name="aStride">From one point to the next.</param>
    /// <param name="b">[point][term][two vectors].</param>
    /// <param name="c">[point][tile][two vectors].</param>
    /// <param name="cStride">From one point to the next.</param>
    /// <param name="rows">How many tiles.</param>
    public static void Run(float* a, nint aStride, float* b, float* c, nint cStride, int rows)
    {
        switch (rows)
        {
            case 1:
                Run<N1>(a, aStride, b, c, cStride);
                break;
            case 2:
                Run<N2>(a, aStride, b, c, cStride);
                break;
            case 3:
                Run<N3>(a, aStride, b, c, cStride);
                break;
            case 4:
                Run<N4>(a, aStride, b, c, cStride);
                break;
            case 5:
                Run<N5>(a, aStride, b, c, cStride);
                break;
            case 6:
                Run<N6>(a, aStride, b, c, cStride);
                break;
            case 7:
                Run<N7>(a, aStride, b, c, cStride);
                break;
            case 8:
                Run<N8>(a, aStride, b, c, cStride);
                break;
            case 9:
                Run<N9>(a, aStride, b, c, cStride);
                break;
            case 10:
                Run<N10>(a, aStride, b, c, cStride);
                break;
            case 11:
                Run<N11>(a, aStride, b, c, cStride);
                break;
            case 12:
                Run<N12>(a, aStride, b, c, cStride);
                break;
            case 13:
                Run<N13>(a, aStride, b, c, cStride);
                break;
            case 14:
                Run<N14>(a, aStride, b, c, cStride);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Run<R>(float* a, nint aStride, float* b, float* c, nint cStride)
        where R : struct, IConstant
    {
        for (int i = 0; i < StemPoints.Edge; i++)
        for (int j = 0; j < StemPoints.Edge; j++, a += aStride, c += cStride)
        {
            int terms = StemPoints.Rows(i) * StemPoints.Terms(j);
            Point<R>(a, a + terms, b, c);
            b += terms * 2 * S.Count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Point<R>(float* a, float* end, float* b, float* c)
        where R : struct, IConstant
    {
        V zero = S.Create(0);
        V x0 = zero,
            y0 = zero;
        V x1 = zero,
            y1 = zero;
        V x2 = zero,
            y2 = zero;
        V x3 = zero,
            y3 = zero;
        V x4 = zero,
            y4 = zero;
        V x5 = zero,
            y5 = zero;
        V x6 = zero,
            y6 = zero;
        V x7 = zero,
            y7 = zero;
        V x8 = zero,
            y8 = zero;
        V x9 = zero,
            y9 = zero;
        V x10 = zero,
            y10 = zero;
        V x11 = zero,
            y11 = zero;
        V x12 = zero,
            y12 = zero;
        V x13 = zero,
            y13 = zero;
        if (S.Count < 16)
            for (; a < end; a += Unrolled, b += Unrolled * 2 * S.Count)
            {
                Term<R>(a, b, ref x0, ref y0, ref x1, ref y1, ref x2, ref y2, ref x3, ref y3, ref x4, ref y4, ref x5, ref y5);
                Term<R>(
                    a + 1,
                    b + (2 * S.Count),
                    ref x0,
                    ref y0,
                    ref x1,
                    ref y1,
                    ref x2,
                    ref y2,
                    ref x3,
                    ref y3,
                    ref x4,
                    ref y4,
                    ref x5,
                    ref y5
                );
                Term<R>(
                    a + 2,
                    b + (4 * S.Count),
                    ref x0,
                    ref y0,
                    ref x1,
                    ref y1,
                    ref x2,
                    ref y2,
                    ref x3,
                    ref y3,
                    ref x4,
                    ref y4,
                    ref x5,
                    ref y5
                );
            }

        for (; a < end; a++, b += 2 * S.Count)
        {
            V b0 = S.Load(b),
                b1 = S.Load(b + S.Count);
            Step(a, b0, b1, ref x0, ref y0);
            if (R.N > 1)
                Step(a + (1 * Row), b0, b1, ref x1, ref y1);
            if (R.N > 2)
                Step(a + (2 * Row), b0, b1, ref x2, ref y2);
            if (R.N > 3)
                Step(a + (3 * Row), b0, b1, ref x3, ref y3);
            if (R.N > 4)
                Step(a + (4 * Row), b0, b1, ref x4, ref y4);
            if (R.N > 5)
                Step(a + (5 * Row), b0, b1, ref x5, ref y5);
            if (R.N > 6)
                Step(a + (6 * Row), b0, b1, ref x6, ref y6);
            if (R.N > 7)
                Step(a + (7 * Row), b0, b1, ref x7, ref y7);
            if (R.N > 8)
                Step(a + (8 * Row), b0, b1, ref x8, ref y8);
            if (R.N > 9)
                Step(a + (9 * Row), b0, b1, ref x9, ref y9);
            if (R.N > 10)
                Step(a + (10 * Row), b0, b1, ref x10, ref y10);
            if (R.N > 11)
                Step(a + (11 * Row), b0, b1, ref x11, ref y11);
            if (R.N > 12)
                Step(a + (12 * Row), b0, b1, ref x12, ref y12);
            if (R.N > 13)
                Step(a + (13 * Row), b0, b1, ref x13, ref y13);
        }

        Store(c, x0, y0);
        if (R.N > 1)
            Store(c + (1 * 2 * S.Count), x1, y1);
        if (R.N > 2)
            Store(c + (2 * 2 * S.Count), x2, y2);
        if (R.N > 3)
            Store(c + (3 * 2 * S.Count), x3, y3);
        if (R.N > 4)
            Store(c + (4 * 2 * S.Count), x4, y4);
        if (R.N > 5)
            Store(c + (5 * 2 * S.Count), x5, y5);
        if (R.N > 6)
            Store(c + (6 * 2 * S.Count), x6, y6);
        if (R.N > 7)
            Store(c + (7 * 2 * S.Count), x7, y7);
        if (R.N > 8)
            Store(c + (8 * 2 * S.Count), x8, y8);
        if (R.N > 9)
            Store(c + (9 * 2 * S.Count), x9, y9);
        if (R.N > 10)
            Store(c + (10 * 2 * S.Count), x10, y10);
        if (R.N > 11)
            Store(c + (11 * 2 * S.Count), x11, y11);
        if (R.N > 12)
            Store(c + (12 * 2 * S.Count), x12, y12);
        if (R.N > 13)
            Store(c + (13 * 2 * S.Count), x13, y13);
    }

    /// <summary>Floats from one tile's terms to the next one's.</summary>
    const int Row = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Step(float* a, V b0, V b1, ref V x, ref V y)
    {
        V value = S.Create(*a);
        x = S.MultiplyAdd(value, b0, x);
        y = S.MultiplyAdd(value, b1, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(float* c, V x, V y)
    {
        S.Store(x, c);
        S.Store(y, c + S.Count);
    }

    /// <summary>A term of the sums of six tiles: all that sixteen registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Term<R>(
        float* a,
        float* b,
        ref V x0,
        ref V y0,
        ref V x1,
        ref V y1,
        ref V x2,
        ref V y2,
        ref V x3,
        ref V y3,
        ref V x4,
        ref V y4,
        ref V x5,
        ref V y5
    )
        where R : struct, IConstant
    {
        V b0 = S.Load(b),
            b1 = S.Load(b + S.Count);
        Step(a, b0, b1, ref x0, ref y0);
        if (R.N > 1)
            Step(a + (1 * Row), b0, b1, ref x1, ref y1);
        if (R.N > 2)
            Step(a + (2 * Row), b0, b1, ref x2, ref y2);
        if (R.N > 3)
            Step(a + (3 * Row), b0, b1, ref x3, ref y3);
        if (R.N > 4)
            Step(a + (4 * Row), b0, b1, ref x4, ref y4);
        if (R.N > 5)
            Step(a + (5 * Row), b0, b1, ref x5, ref y5);
    }
}
