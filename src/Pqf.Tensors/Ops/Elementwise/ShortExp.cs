using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
}
