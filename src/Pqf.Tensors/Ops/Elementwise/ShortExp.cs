using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The exponential in single precision, for functions that put it behind 1 + e: sigmoid and its kin.</summary>
/// <remarks>
/// x = n · ln 2 + r with |r| ≤ 0.347; e^r by its series to the seventh power, whose rest is below 6e-9; 2ⁿ by its exponent bits. Right to
/// 1.5e-7 of the value from −87.3 to 88.3; 0 below −87.7, infinite above 88.4, NaN of NaN. <see cref="Vector.Exp(Vector{float})"/>
/// is right to the last bit but computes in double, in three times the time.
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
    public static Vector<float> Of(Vector<float> x)
    {
        // In this order both let a NaN of x through.
        x = Vector.MaxNative(new Vector<float>(Lowest), Vector.MinNative(new Vector<float>(Highest), x));
        var rounded = Vector.MultiplyAddEstimate(x, new Vector<float>(Log2E), new Vector<float>(Rounder));
        var n = rounded - new Vector<float>(Rounder);
        var r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2High), x);
        r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2Low), r);
        var sum = Vector.MultiplyAddEstimate(r, new Vector<float>(1f / 5040), new Vector<float>(1f / 720));
        sum = Vector.MultiplyAddEstimate(r, sum, new Vector<float>(1f / 120));
        sum = Vector.MultiplyAddEstimate(r, sum, new Vector<float>(1f / 24));
        sum = Vector.MultiplyAddEstimate(r, sum, new Vector<float>(1f / 6));
        sum = Vector.MultiplyAddEstimate(r, sum, new Vector<float>(0.5f));
        sum = Vector.MultiplyAddEstimate(r, sum, Vector<float>.One);
        sum = Vector.MultiplyAddEstimate(r, sum, Vector<float>.One);
        var power = Vector.AsVectorSingle(Vector.ShiftLeft(Vector.AsVectorInt32(rounded), MantissaBits) + new Vector<int>(ExponentOfOne));
        return sum * power;
    }
}
