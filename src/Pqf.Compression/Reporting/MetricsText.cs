using System.Globalization;
using Pqf.Compression.Training;
using Pqf.Nets.Metrics;

namespace Pqf.Compression.Reporting;

/// <summary>Metrics for a person.</summary>
public static class MetricsText
{
    /// <summary><c>loss 0.2412, accuracy 91.30 %</c>.</summary>
    public static string Of(Metrics metrics) => string.Join(", ", metrics.Means.Select(Of));

    /// <summary>Text of a validation: <c>loss 0.2412, accuracy 91.30 % (42 of 46; 95 %: 79.68 … 96.57)</c>.</summary>
    public static string Counted(Metrics metrics) => string.Join(", ", metrics.Means.Select(mean => Of(mean) + Counted(metrics, mean)));

    static string Counted(Metrics metrics, Mean mean) =>
        mean.Name == Classification.Accuracy && metrics.Count > 0 && double.IsFinite(mean.Value)
            ? Counted(new Proportion((int)Math.Round(mean.Value * metrics.Count), metrics.Count))
            : "";

    static string Counted(Proportion share) => $" ({ShareTable.Count(share)}; 95 %: {Figures.Interval(share)})";

    /// <summary><c>accuracy 91.30 %</c>.</summary>
    public static string Of(Mean mean) => $"{mean.Name} {ValueOf(mean)}";

    /// <summary><c>91.30 %</c>; a loss as it is.</summary>
    public static string ValueOf(Mean mean) =>
        mean.Name.StartsWith(Metrics.Loss, StringComparison.Ordinal) ? mean.Value.ToString("0.0000", CultureInfo.InvariantCulture)
        : mean.Value < 0 ? "-" // an average precision where there is nothing to be found
        : Figures.Percent(mean.Value);
}
