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
    public static IEnumerable<double> Ticks(double most) => Ticks(0, most);

    /// <summary>Round values between two, at least two and at most six of them.</summary>
    public static IEnumerable<double> Ticks(double least, double most)
    {
        double range = most - least,
            power = Math.Pow(10, Math.Floor(Math.Log10(range / 4)));
        double step = new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(candidate => range / candidate <= 5);
        double last = Math.Floor((most / step) + 1e-9);
        for (double i = Math.Ceiling((least / step) - 1e-9); i <= last; i++)
            yield return (i * step) + 0.0; // no minus before 0
    }
}
