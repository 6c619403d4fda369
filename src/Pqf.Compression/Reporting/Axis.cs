namespace Pqf.Compression.Reporting;

/// <summary>A straight map from values to pixels.</summary>
/// <param name="From">Value at <paramref name="Start"/>.</param>
/// <param name="To">Value at <paramref name="End"/>.</param>
/// <param name="Start">First pixel.</param>
/// <param name="End">Last pixel.</param>
readonly record struct Axis(double From, double To, double Start, double End)
{
    /// <summary>The place where a value is drawn.</summary>
    public double At(double value) => Start + ((value - From) / (To - From) * (End - Start));

    /// <summary>Round values from 0 to a most, some five of them.</summary>
    public static IEnumerable<double> Ticks(double most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(most / 4)));
        double step = new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(candidate => most / candidate <= 5);
        for (int i = 0; i * step <= most * (1 + 1e-9); i++)
            yield return i * step;
    }
}
