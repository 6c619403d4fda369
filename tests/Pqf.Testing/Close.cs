using Pqf.Tensors;
using Xunit;

namespace Pqf.Testing;

/// <summary>Compares whole results of networks, where single values may nearly cancel.</summary>
public static class Close
{
    /// <summary>Fails if any two values differ by more than a share of the largest expected one.</summary>
    /// <param name="expected">Row-major.</param>
    /// <param name="actual">Row-major.</param>
    /// <param name="tolerance">Share of the largest magnitude.</param>
    /// <param name="leastScale">What the largest magnitude counts as at least.</param>
    public static void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, double leastScale = 0)
    {
        double[] values = new double[expected.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = expected[i];
        Check(values, actual, tolerance, leastScale);
    }

    /// <summary>As above, of sums in double.</summary>
    public static void Check(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, double leastScale = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        if (expected.IsEmpty)
            return;
        double scale = leastScale,
            worst = 0;
        int at = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            scale = Math.Max(scale, Math.Abs(expected[i]));
            double difference = Math.Abs(expected[i] - actual[i]);
            if (!(difference <= worst))
                (worst, at) = (difference, i);
        }

        Assert.True(
            worst <= tolerance * scale,
            $"value {at}: expected {expected[at]:R}, got {actual[at]:R}: off by {worst / scale:G3} of the largest, more than {tolerance:G3}"
        );
    }

    /// <summary>As above, of tensors of one shape.</summary>
    public static void Check(Tensor<float> expected, Tensor<float> actual, double tolerance, double leastScale = 0)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Check(expected.ToArray(), actual.ToArray(), tolerance, leastScale);
    }
}
