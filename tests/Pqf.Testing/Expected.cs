using Pqf.Tensors;
using Xunit;

namespace Pqf.Testing;

/// <summary>What an op should give, and how far rounding may take it from there.</summary>
/// <param name="Shape">Axis lengths.</param>
/// <param name="Values">Row-major.</param>
/// <param name="Tolerances">The largest difference allowed at each element; 0 asks for the same value.</param>
public sealed record Expected(Shape Shape, double[] Values, double[] Tolerances)
{
    /// <summary>Half a unit in the last place of a single near 1.</summary>
    public const double Rounding = 1.0 / (1 << 24);

    /// <summary>Values that must come out exactly.</summary>
    public static Expected Exactly(Numbers numbers) =>
        new(numbers.Shape, [.. numbers.Values.Select(v => (double)v)], new double[numbers.Values.Length]);

    /// <summary>Values from elsewhere, computed in single precision too: with the tolerances of our own computation of the same.</summary>
    public Expected WithValues(Numbers numbers)
    {
        Assert.Equal(Shape, numbers.Shape);
        return this with { Values = [.. numbers.Values.Select(v => (double)v)], Tolerances = [.. Tolerances.Select(t => 2 * t)] };
    }

    /// <summary>The error that rounding may leave in a sum of terms: (√count + 3) · 2⁻²⁴ · Σ|term|.</summary>
    /// <remarks>
    /// √count is what independent roundings leave of the bound, count; with fewer than ten terms that is no outlier but the rule, and three
    /// more
    /// cover it, along with the roundings of a bias, a residual or a quotient.
    /// </remarks>
    public static double SumTolerance(int count, double sumOfMagnitudes) => (Math.Sqrt(count) + 3) * Rounding * sumOfMagnitudes;

    /// <summary>Fails at the first element that is off by more than its tolerance. NaN and infinities must agree exactly.</summary>
    public void Check(Tensor<float> actual)
    {
        Assert.Equal(Shape, actual.Shape);
        float[] values = actual.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            bool same = values[i] == Values[i] || (double.IsNaN(Values[i]) && float.IsNaN(values[i]));
            if (!same && !(Math.Abs(values[i] - Values[i]) <= Tolerances[i]))
                Assert.Fail($"element {i} of {Shape}: expected {Values[i]:R} ± {Tolerances[i]:G3}, got {values[i]:R}");
        }
    }
}
