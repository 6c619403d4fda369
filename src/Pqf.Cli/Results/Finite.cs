namespace Pqf.Cli.Results;

/// <summary>Numbers as JSON has them: NaN and the infinities are not among them.</summary>
static class Finite
{
    /// <summary>The number; null where JSON has none.</summary>
    public static double? OrNull(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
