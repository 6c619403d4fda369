using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The transforms of Winograd's minimal filtering F(m × m, 3 × 3): output tile = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A for a patch d of (m +
/// 2)² pixels.</summary>
/// <remarks>Source of the matrices: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015 (arXiv 1509.09308), §4.1 and
/// §4.3.</remarks>
unsafe interface IWinograd
{
    /// <summary>m: rows and columns of a tile of outputs.</summary>
    static abstract int M { get; }

    /// <summary>G · (a, b, c), four kernels at a time.</summary>
    static abstract void Weights(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double>* to);

    /// <summary>Bᵀ d B for one tile.</summary>
    /// <param name="patch">Its pixels, each row m + 2 after the one before.</param>
    /// <param name="size">Rows and columns of its outputs: m, or with m = 4 also 3, which leaves out a point
    /// (<see cref="WinogradTiling"/>) and a row or column of pixels.</param>
    /// <param name="channels">How many, a multiple of 16.</param>
    /// <param name="rows">Tiles of the group that it is written into.</param>
    /// <param name="side">Room for (m + 2)² vectors.</param>
    /// <param name="to">Its place in the group of the first point.</param>
    /// <param name="stride">From one point's values to the next point's.</param>
    static abstract void Input(float** patch, Pair size, int channels, int rows, float* side, float* to, nint stride);

    /// <summary>Aᵀ p A for one tile and one vector of output channels, with what follows fused.</summary>
    /// <param name="products">The first point's.</param>
    /// <param name="stride">From one point's products to the next point's.</param>
    /// <param name="side">As for the input.</param>
    /// <param name="target">Where to.</param>
    static abstract void Output(float* products, nint stride, float* side, WinogradTarget* target);
}

/// <summary>Where one tile's outputs go: y = clamp(value + bias + residual).</summary>
unsafe struct WinogradTarget
{
    public float* Y;

    /// <summary>Null for none; laid out as y.</summary>
    public float* Residual;

    /// <summary>Null for none.</summary>
    public float* Bias;

    public nint RowStride;

    public nint PixelStride;

    /// <summary>Rows and columns of the tile.</summary>
    public Pair Size;

    /// <summary>The first row that is wanted. <see cref="IWinograd"/> writes all of them.</summary>
    public int FirstRow;

    /// <summary>Rows and columns of the tile that are wanted: those inside of the image.</summary>
    public int Rows;

    public int Columns;

    /// <summary>Applied last.</summary>
    public Bounds Bounds;
}

/// <summary>The last step of both transforms.</summary>
static unsafe class WinogradResults<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Bias(WinogradTarget* target) => target->Bias == null ? S.Create(0) : S.Load(target->Bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(WinogradTarget* target, nint at, V value)
    {
        if (target->Residual != null)
            value = S.Add(value, S.Load(target->Residual + at));
        if (target->Bounds.HasLow)
            value = S.Max(S.Create(target->Bounds.Low), value); // NaN passes
        if (target->Bounds.HasHigh)
            value = S.Min(S.Create(target->Bounds.High), value);
        S.Store(value, target->Y + at);
    }

    /// <summary>Where channel <paramref name="channel"/> of a tile lies in a group of <paramref name="rows"/>: the order of
    /// <see cref="RowLayout"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint InGroup(int channel, int rows) => ((nint)(channel & ~15) * rows) + (channel & 15);
}

/// <summary>F(2 × 2, 3 × 3), points 0, 1, −1.</summary>
readonly unsafe struct Winograd2<S, V> : IWinograd
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public static int M => 2;

    public static void Weights(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double>* to)
    {
        Vector256<double> even = (a + c) * 0.5, odd = b * 0.5;
        to[0] = a;
        to[1] = even + odd;
        to[2] = even - odd;
        to[3] = c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** patch, Pair size, int channels, int rows, float* side, float* to, nint stride)
    {
        for (int c = 0; c < channels; c += S.Count)
        {
            Column(patch, c, out V a0, out V a1, out V a2, out V a3);
            Column(patch + 1, c, out V b0, out V b1, out V b2, out V b3);
            Column(patch + 2, c, out V c0, out V c1, out V c2, out V c3);
            Column(patch + 3, c, out V d0, out V d1, out V d2, out V d3);
            float* at = to + WinogradResults<S, V>.InGroup(c, rows);
            Row(a0, b0, c0, d0, at, stride);
            Row(a1, b1, c1, d1, at + (4 * stride), stride);
            Row(a2, b2, c2, d2, at + (8 * stride), stride);
            Row(a3, b3, c3, d3, at + (12 * stride), stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* products, nint stride, float* side, WinogradTarget* target)
    {
        Column(products, stride, out V a0, out V a1);
        Column(products + stride, stride, out V b0, out V b1);
        Column(products + (2 * stride), stride, out V c0, out V c1);
        Column(products + (3 * stride), stride, out V d0, out V d1);
        V bias = WinogradResults<S, V>.Bias(target);
        Row(target, 0, S.Add(a0, bias), b0, c0, S.Subtract(bias, d0));
        if (target->Rows > 1)
            Row(target, target->RowStride, S.Add(a1, bias), b1, c1, S.Subtract(bias, d1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Column(float** patch, int c, out V v0, out V v1, out V v2, out V v3)
    {
        V d0 = S.Load(patch[0] + c), d1 = S.Load(patch[4] + c), d2 = S.Load(patch[8] + c), d3 = S.Load(patch[12] + c);
        (v0, v1, v2, v3) = (S.Subtract(d0, d2), S.Add(d1, d2), S.Subtract(d2, d1), S.Subtract(d1, d3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Row(V d0, V d1, V d2, V d3, float* to, nint stride)
    {
        S.Store(S.Subtract(d0, d2), to);
        S.Store(S.Add(d1, d2), to + stride);
        S.Store(S.Subtract(d2, d1), to + (2 * stride));
        S.Store(S.Subtract(d1, d3), to + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Column(float* m, nint stride, out V v0, out V v1)
    {
        V m1 = S.Load(m + (4 * stride)), m2 = S.Load(m + (8 * stride));
        v0 = S.Add(S.Load(m), S.Add(m1, m2));
        v1 = S.Subtract(S.Subtract(m1, m2), S.Load(m + (12 * stride)));
    }

    /// <summary>Bias is in the first and last values already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Row(WinogradTarget* target, nint at, V m0, V m1, V m2, V lessM3)
    {
        WinogradResults<S, V>.Put(target, at, S.Add(m0, S.Add(m1, m2)));
        if (target->Columns > 1)
            WinogradResults<S, V>.Put(target, at + target->PixelStride, S.Add(S.Subtract(m1, m2), lessM3));
    }
}

/// <summary>F(4 × 4, 3 × 3), points 0, 1, −1, 2, −2; and F(3, 3) along sides of 3, points 0, 1, −1, 2.</summary>
readonly unsafe struct Winograd4<S, V> : IWinograd
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public static int M => 4;

    public static void Weights(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double>* to)
    {
        Vector256<double> even = (a + c) * (-1 / 6.0), odd = b * (1 / 6.0), evenOfTwo = (a * (1 / 24.0)) + (c * (1 / 6.0)),
            oddOfTwo = b * (1 / 12.0);
        to[0] = a * 0.25;
        to[1] = even - odd;
        to[2] = even + odd;
        to[3] = evenOfTwo + oddOfTwo;
        to[4] = evenOfTwo - oddOfTwo;
        to[5] = c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** patch, Pair size, int channels, int rows, float* side, float* to, nint stride)
    {
        for (int c = 0; c < channels; c += S.Count)
        {
            for (int j = 0; j < size.W + 2; j++)
                if (size.H == M)
                    StoreForward(
                        S.Load(patch[j] + c), S.Load(patch[j + 6] + c), S.Load(patch[j + 12] + c), S.Load(patch[j + 18] + c),
                        S.Load(patch[j + 24] + c), S.Load(patch[j + 30] + c),
                        side + (j * S.Count), 6 * S.Count);
                else
                    ForwardShort(
                        S.Load(patch[j] + c), S.Load(patch[j + 6] + c), S.Load(patch[j + 12] + c), S.Load(patch[j + 18] + c),
                        S.Load(patch[j + 24] + c),
                        side + (j * S.Count), 6 * S.Count);
            float* at = to + WinogradResults<S, V>.InGroup(c, rows), from = side;
            for (int i = 0; i < 6; i++, from += 6 * S.Count, at += 6 * stride)
                if (size.H != M && i == WinogradTiling.LongPoint)
                    continue;
                else if (size.W == M)
                    StoreForward(
                        S.Load(from), S.Load(from + S.Count), S.Load(from + (2 * S.Count)), S.Load(from + (3 * S.Count)),
                        S.Load(from + (4 * S.Count)), S.Load(from + (5 * S.Count)),
                        at, stride);
                else
                    ForwardShort(
                        S.Load(from), S.Load(from + S.Count), S.Load(from + (2 * S.Count)), S.Load(from + (3 * S.Count)),
                        S.Load(from + (4 * S.Count)),
                        at, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* products, nint stride, float* side, WinogradTarget* target)
    {
        float* m = products, to = side;
        bool isLow = target->Size.H != M,
            isNarrow = target->Size.W != M;
        for (int j = 0; j < 6; j++, m += stride, to += S.Count)
        {
            if (isNarrow && j == WinogradTiling.LongPoint)
                continue;
            V v0, v1, v2;
            if (isLow)
                BackShort(
                    S.Load(m), S.Load(m + (6 * stride)), S.Load(m + (12 * stride)), S.Load(m + (18 * stride)), S.Load(m + (30 * stride)),
                    out v0, out v1, out v2);
            else
            {
                Back(
                    S.Load(m), S.Load(m + (6 * stride)), S.Load(m + (12 * stride)), S.Load(m + (18 * stride)),
                    S.Load(m + (24 * stride)), S.Load(m + (30 * stride)),
                    out v0, out v1, out v2, out V v3);
                S.Store(v3, to + (18 * S.Count));
            }

            S.Store(v0, to);
            S.Store(v1, to + (6 * S.Count));
            S.Store(v2, to + (12 * S.Count));
        }

        V bias = WinogradResults<S, V>.Bias(target);
        nint at = 0;
        float* from = side;
        for (int i = 0; i < target->Rows; i++, from += 6 * S.Count, at += target->RowStride)
        {
            V v0, v1, v2;
            if (isNarrow)
                BackShort(
                    S.Load(from), S.Load(from + S.Count), S.Load(from + (2 * S.Count)), S.Load(from + (3 * S.Count)),
                    S.Load(from + (5 * S.Count)),
                    out v0, out v1, out v2);
            else
            {
                Back(
                    S.Load(from), S.Load(from + S.Count), S.Load(from + (2 * S.Count)), S.Load(from + (3 * S.Count)),
                    S.Load(from + (4 * S.Count)), S.Load(from + (5 * S.Count)),
                    out v0, out v1, out v2, out V v3);
                if (target->Columns > 3)
                    WinogradResults<S, V>.Put(target, at + (3 * target->PixelStride), S.Add(v3, bias));
            }

            WinogradResults<S, V>.Put(target, at, S.Add(v0, bias));
            if (target->Columns > 1)
                WinogradResults<S, V>.Put(target, at + target->PixelStride, S.Add(v1, bias));
            if (target->Columns > 2)
                WinogradResults<S, V>.Put(target, at + (2 * target->PixelStride), S.Add(v2, bias));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreForward(V d0, V d1, V d2, V d3, V d4, V d5, float* to, nint stride)
    {
        Forward(d0, d1, d2, d3, d4, d5, out V p0, out V p1, out V p2, out V p3, out V p4, out V p5);
        S.Store(p0, to);
        S.Store(p1, to + stride);
        S.Store(p2, to + (2 * stride));
        S.Store(p3, to + (3 * stride));
        S.Store(p4, to + (4 * stride));
        S.Store(p5, to + (5 * stride));
    }

    /// <summary>Bᵀ · d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward(V d0, V d1, V d2, V d3, V d4, V d5, out V p0, out V p1, out V p2, out V p3, out V p4, out V p5)
    {
        V four = S.Create(4), lessFour = S.Create(-4), lessFive = S.Create(-5);
        V even = S.MultiplyAdd(lessFour, d2, d4), odd = S.MultiplyAdd(lessFour, d1, d3), evenOfTwo = S.Subtract(d4, d2),
            oddOfTwo = S.Subtract(d3, d1);
        oddOfTwo = S.Add(oddOfTwo, oddOfTwo);
        p0 = S.MultiplyAdd(four, d0, S.MultiplyAdd(lessFive, d2, d4));
        p1 = S.Add(even, odd);
        p2 = S.Subtract(even, odd);
        p3 = S.Add(evenOfTwo, oddOfTwo);
        p4 = S.Subtract(evenOfTwo, oddOfTwo);
        p5 = S.MultiplyAdd(four, d1, S.MultiplyAdd(lessFive, d3, d5));
    }

    /// <summary>Bᵀ · d of F(3, 3) at 0, 1, −1 and 2, each point's row times what makes its weights those of F(4, 3): p + 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ForwardShort(V d0, V d1, V d2, V d3, V d4, float* to, nint stride)
    {
        V three = S.Create(3), four = S.Create(4), fall = S.Subtract(d3, d1), fallOfTwo = S.Add(fall, fall);
        S.Store(S.MultiplyAdd(four, S.Subtract(d0, d2), fallOfTwo), to);
        S.Store(S.MultiplyAdd(three, S.Subtract(S.Subtract(fall, d1), d2), S.Create(0)), to + stride);
        S.Store(S.MultiplyAdd(three, S.Subtract(d1, d2), fall), to + (2 * stride));
        S.Store(S.Add(fallOfTwo, fallOfTwo), to + (3 * stride));
        S.Store(S.Subtract(S.Subtract(d4, d2), fallOfTwo), to + (5 * stride));
    }

    /// <summary>Aᵀ · m of F(3, 3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void BackShort(V m0, V m1, V m2, V m3, V m5, out V v0, out V v1, out V v2)
    {
        V even = S.Add(m1, m2), odd = S.Subtract(m1, m2);
        v0 = S.Add(S.Add(m0, even), m3);
        v1 = S.MultiplyAdd(S.Create(2), m3, odd);
        v2 = S.Add(S.MultiplyAdd(S.Create(4), m3, even), m5);
    }

    /// <summary>Aᵀ · m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Back(V m0, V m1, V m2, V m3, V m4, V m5, out V v0, out V v1, out V v2, out V v3)
    {
        V even = S.Add(m1, m2), odd = S.Subtract(m1, m2), evenOfTwo = S.Add(m3, m4), oddOfTwo = S.Subtract(m3, m4);
        v0 = S.Add(S.Add(m0, even), evenOfTwo);
        v1 = S.MultiplyAdd(S.Create(2), oddOfTwo, odd);
        v2 = S.MultiplyAdd(S.Create(4), evenOfTwo, even);
        v3 = S.Add(S.MultiplyAdd(S.Create(8), oddOfTwo, odd), m5);
    }
}
