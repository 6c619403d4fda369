using Pqf.Tensors;
using Xunit;

namespace Pqf.Testing;

/// <summary>The identity that makes a pull-back right: ⟨J v, u⟩ = ⟨v, Jᵀ u⟩ for any direction v and any incoming gradient u.</summary>
public static class Adjoint
{
    // Central differences of doubles: the error of the step, its square, is far below the rounding of singles, and so is that of doubles
    // divided by it.
    const double Step = 1e-5;

    /// <summary>J v of a function of doubles, by central differences.</summary>
    /// <param name="f">A double reference.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">In which direction.</param>
    public static double[] Derivative(Func<double[], double[]> f, Numbers x, Numbers v)
    {
        double[] At(double step) => f([.. x.Values.Zip(v.Values, (value, direction) => value + (step * direction))]);
        return [.. At(Step).Zip(At(-Step), (after, before) => (after - before) / (2 * Step))];
    }

    /// <summary>Fails if the two products differ by more than rounding may leave.</summary>
    /// <param name="jv">J v, of the double reference.</param>
    /// <param name="u">Incoming gradient; never all ones, which would hide transposed indices.</param>
    /// <param name="v">Direction.</param>
    /// <param name="dx">Jᵀ u, the pull-back's.</param>
    /// <param name="terms">Products that one value of <paramref name="dx"/> sums.</param>
    /// <remarks>Tolerance: a sum's error is a share of its terms' magnitudes, which are √terms times the sum's own where signs are
    /// random.</remarks>
    public static void Check(double[] jv, Numbers u, Numbers v, Tensor<float> dx, int terms)
    {
        Assert.Equal(v.Shape, dx.Shape);
        Assert.Equal(u.Values.Length, jv.Length);
        float[] gradient = dx.ToArray();
        double left = jv.Zip(u.Values, (a, b) => a * b).Sum(),
            right = 0,
            magnitude = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            right += (double)v.Values[i] * gradient[i];
            magnitude += Math.Abs((double)v.Values[i] * gradient[i]);
        }

        double tolerance = Expected.SumTolerance(terms, Math.Sqrt(terms) * magnitude) + (1e-8 * magnitude);
        Assert.True(
            Math.Abs(left - right) <= tolerance,
            $"⟨J v, u⟩ is {left:R}, ⟨v, Jᵀ u⟩ is {right:R}: off by {Math.Abs(left - right):G3}, more than {tolerance:G3}"
        );
    }
}
