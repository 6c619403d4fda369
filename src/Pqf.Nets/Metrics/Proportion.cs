namespace Pqf.Nets.Metrics;

/// <summary>n correct of a count, such as images classified correctly.</summary>
/// <param name="Correct">0 … <paramref name="Count"/>.</param>
/// <param name="Count">At least 1 for the ratios to be numbers.</param>
public readonly record struct Proportion(int Correct, int Count)
{
    /// <summary>The standard normal distribution's 97.5 % point.</summary>
    const double Z = 1.959963984540054;

    /// <summary>0 … 1.</summary>
    public double Value => (double)Correct / Count;

    /// <summary>The interval that holds the true proportion with 95 % confidence.</summary>
    /// <remarks>Wilson's score interval (1927): sound near 0 and 1 and for small counts, unlike the normal approximation.</remarks>
    public (double Low, double High) Interval95
    {
        get
        {
            double n = Count,
                p = Value;
            double centre = (p + (Z * Z / (2 * n))) / (1 + (Z * Z / n));
            double half = Z / (1 + (Z * Z / n)) * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4 * n * n)));
            // 0 and 1 exactly where the formula has them; rounding would leave some 1e-17.
            return (Correct == 0 ? 0 : centre - half, Correct == Count ? 1 : centre + half);
        }
    }

    /// <summary>This proportion with more counted.</summary>
    public static Proportion operator +(Proportion left, Proportion right) => new(left.Correct + right.Correct, left.Count + right.Count);

    /// <summary>The same as <c>+</c>.</summary>
    public static Proportion Add(Proportion left, Proportion right) => left + right;
}
