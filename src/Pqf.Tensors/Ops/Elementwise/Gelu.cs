using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x · Φ(x), Φ the normal distribution's. Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.</summary>
/// <remarks>Φ(x) = erfc(−x / √2) / 2, by a polynomial in t = 1 / (1 + |x| / √8) times exp(−x² / 2): a fit to erfc, exact to 1.4e-7 of its
/// value up to |x| = 13, where it has left the normal singles.</remarks>
public readonly struct Gelu : IUnaryOp
{
    const float InverseRoot8 = 0.35355339f,
        InverseRootTwoPi = 0.3989423f;

    // Chebyshev interpolation of erfc(z) · exp(z²) / (2t) with t = 1 / (1 + z / 2), on t from 1 / 5.75 to 1, in 30 digits; highest power
    // first.
    const float C8 = -0.029669063f,
        C7 = 0.14298983f,
        C6 = -0.24513802f,
        C5 = 0.1408711f,
        C4 = -0.014615549f,
        C3 = 0.10190113f,
        C2 = 0.121412046f,
        C1 = 0.14120631f,
        C0 = 0.1410422f;

    /// <summary>The function falls and then rises, so its value alone does not give its slope.</summary>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public static float Apply(float x) => x * Distribution(x, MathF.Exp(-0.5f * x * x));

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => x * Distribution(x, ShortExp.Of(x * x * -0.5f));

    /// <summary>Slope Φ(x) + x · φ(x).</summary>
    public static float Pullback(float x, float dy)
    {
        float e = MathF.Exp(-0.5f * x * x);
        return dy * (Distribution(x, e) + (x * e * InverseRootTwoPi));
    }

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var e = ShortExp.Of(x * x * -0.5f);
        return dy * (Distribution(x, e) + (x * e * InverseRootTwoPi));
    }

    /// <summary>Φ(x).</summary>
    /// <param name="x">Any number.</param>
    /// <param name="e">exp(−x² / 2).</param>
    static float Distribution(float x, float e)
    {
        float t = 1f / (1f + (MathF.Abs(x) * InverseRoot8)),
            upper = t * e * ((((((((((((((((C8 * t) + C7) * t) + C6) * t) + C5) * t) + C4) * t) + C3) * t) + C2) * t) + C1) * t) + C0);
        return x < 0f ? upper : 1f - upper;
    }

    static Vector<float> Distribution(Vector<float> x, Vector<float> e)
    {
        var t = Vector<float>.One / (Vector<float>.One + (Vector.Abs(x) * InverseRoot8));
        var sum = (t * C8) + new Vector<float>(C7);
        sum = (sum * t) + new Vector<float>(C6);
        sum = (sum * t) + new Vector<float>(C5);
        sum = (sum * t) + new Vector<float>(C4);
        sum = (sum * t) + new Vector<float>(C3);
        sum = (sum * t) + new Vector<float>(C2);
        sum = (sum * t) + new Vector<float>(C1);
        sum = (sum * t) + new Vector<float>(C0);
        var upper = t * e * sum;
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), upper, Vector<float>.One - upper);
    }
}
