using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The exponential in single precision, for functions that put it behind 1 + e: sigmoid and its kin.</summary>
/// <remarks>
/// x = n · ln 2 + r with |r| ≤ 0.347; e^r by its series to the seventh power, whose rest is below 6e-9; 2ⁿ by its exponent bits. Right to
/// 1.5e-7 of the value from −87.3 to 88.3; 0 below −87.7, infinite above 88.4, NaN of NaN. <see cref="Vector.Exp(Vector{float})"/>
/// is right to the last bit but computes in double, which takes longer.
/// </remarks>
static class ShortExp
{
    const float Lowest = -88f,
        Highest = 89f,
        Log2E = 1.44269504f;

    // ln 2 in two parts, the first of few enough digits that n times it is exact.
    const float Ln2High = 0.693359375f,
        Ln2Low = -2.12194440e-4f;

    // 1.5 · 2²³: a number added to it is rounded to a whole one, which the last bits of the sum hold.
    const float Rounder = 12582912f;

    // Of VREDUCEPS: no digits behind the point, rounded down.
    const byte RoundDown = 1;

    const int MantissaBits = 23,
        ExponentOfOne = 127 << MantissaBits;

    /// <summary>e^x of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x) =>
        Vector<float>.Count > Simd256.Count
            ? Of<Simd512, Vector512<float>>(x.AsVector512()).AsVector()
            : Of<Simd256, Vector256<float>>(x.AsVector256()).AsVector();

    /// <summary>e^x of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<S, V>(V x)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // In this order both let a NaN of x through.
        x = S.Max(S.Create(Lowest), S.Min(S.Create(Highest), x));
        V rounded = S.MultiplyAdd(x, S.Create(Log2E), S.Create(Rounder)),
            n = S.Subtract(rounded, S.Create(Rounder)),
            r = S.MultiplyAdd(n, S.Create(-Ln2High), x);
        r = S.MultiplyAdd(n, S.Create(-Ln2Low), r);
        V sum = S.MultiplyAdd(r, S.Create(1f / 5040), S.Create(1f / 720));
        sum = S.MultiplyAdd(r, sum, S.Create(1f / 120));
        sum = S.MultiplyAdd(r, sum, S.Create(1f / 24));
        sum = S.MultiplyAdd(r, sum, S.Create(1f / 6));
        sum = S.MultiplyAdd(r, sum, S.Create(0.5f));
        sum = S.MultiplyAdd(r, sum, S.Create(1f));
        sum = S.MultiplyAdd(r, sum, S.Create(1f));
        return S.Multiply(sum, S.ShiftAdd(rounded, MantissaBits, ExponentOfOne));
    }

    /// <summary>e^−x of each lane, in half as many instructions where the processor splits numbers into whole part and fraction: to 4 · |x|
    /// roundings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V OfNegative<S, V>(V x)
        where S : struct, ISimd<V>
        where V : unmanaged =>
        typeof(S) == typeof(Simd512) && Avx512DQ.IsSupported
            ? Unsafe.BitCast<Vector512<float>, V>(OfNegative(Unsafe.BitCast<V, Vector512<float>>(x)))
            : Of<S, V>(S.Subtract(S.Create(0f), x));

    /// <summary>2^f · 2^⌊t⌋ with t = −x / ln 2 and f = t − ⌊t⌋: there is nothing to clamp, as f of an infinite t is 0.</summary>
    /// <remarks>2^f is 1 + f · q(f), q of the degree 4 whose largest error in parts of 2^f is least from 0 to 1: 8.3e-8, by Remez's
    /// exchange in double.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> OfNegative(Vector512<float> x)
    {
        var t = x * Vector512.Create(-Log2E);
        var f = Avx512DQ.Reduce(t, RoundDown);
        var sum = Simd512.MultiplyAdd(f, Vector512.Create(0.00186713005f), Vector512.Create(0.00901703071f));
        sum = Simd512.MultiplyAdd(f, sum, Vector512.Create(0.0557999127f));
        sum = Simd512.MultiplyAdd(f, sum, Vector512.Create(0.240164444f));
        sum = Simd512.MultiplyAdd(f, sum, Vector512.Create(0.693151295f));
        sum = Simd512.MultiplyAdd(f, sum, Vector512.Create(1f));
        return Avx512F.Scale(sum, t);
    }
}
