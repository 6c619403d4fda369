using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The output's transform of F(3 × 3, 4 × 4), points 0, 1, −1, 2, −2 and infinity. The input's is that of F(4 × 4, 3 × 3):
/// <see cref="Winograd4{S, V}.Forward"/>.</summary>
static unsafe class StemTransforms<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Aᵀ p A for one tile and one vector of output channels, with what follows fused.</summary>
    /// <param name="products">The first point's.</param>
    /// <param name="stride">From one point's products to the next point's.</param>
    /// <param name="target">Where to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* products, nint stride, WinogradTarget* target)
    {
        nint row = StemPoints.Edge * stride;
        Row(products, stride, out V a0, out V a1, out V a2);
        Row(products + row, stride, out V b0, out V b1, out V b2);
        Row(products + (2 * row), stride, out V c0, out V c1, out V c2);
        Row(products + (3 * row), stride, out V d0, out V d1, out V d2);
        Row(products + (4 * row), stride, out V e0, out V e1, out V e2);
        Row(products + (5 * row), stride, out V f0, out V f1, out V f2);
        V bias = WinogradResults<S, V>.Bias(target);
        Column(target, 0, a0, b0, c0, d0, e0, f0, bias);
        if (target->Columns > 1)
            Column(target, target->PixelStride, a1, b1, c1, d1, e1, f1, bias);
        if (target->Columns > 2)
            Column(target, 2 * target->PixelStride, a2, b2, c2, d2, e2, f2, bias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Row(float* m, nint stride, out V v0, out V v1, out V v2) =>
        Back(
            S.Load(m),
            S.Load(m + stride),
            S.Load(m + (2 * stride)),
            S.Load(m + (3 * stride)),
            S.Load(m + (4 * stride)),
            S.Load(m + (5 * stride)),
            out v0,
            out v1,
            out v2
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Column(WinogradTarget* target, nint at, V m0, V m1, V m2, V m3, V m4, V m5, V bias)
    {
        Back(m0, m1, m2, m3, m4, m5, out V v0, out V v1, out V v2);
        if (target->FirstRow <= 0)
            WinogradResults<S, V>.Put(target, at, S.Add(v0, bias));
        if (target->FirstRow <= 1 && target->Rows > 1)
            WinogradResults<S, V>.Put(target, at + target->RowStride, S.Add(v1, bias));
        if (target->Rows > 2)
            WinogradResults<S, V>.Put(target, at + (2 * target->RowStride), S.Add(v2, bias));
    }

    /// <summary>Aᵀ · m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Back(V m0, V m1, V m2, V m3, V m4, V m5, out V v0, out V v1, out V v2)
    {
        V even = S.Add(m1, m2),
            odd = S.Subtract(m1, m2),
            evenOfTwo = S.Add(m3, m4),
            oddOfTwo = S.Subtract(m3, m4);
        v0 = S.Add(S.Add(m0, even), evenOfTwo);
        v1 = S.MultiplyAdd(S.Create(2), oddOfTwo, odd);
        v2 = S.Add(S.MultiplyAdd(S.Create(4), evenOfTwo, even), m5);
    }
}
