using System.Globalization;
using Pqf.Compression.Training;

namespace Pqf.Compression.Reporting;

/// <summary>Metrics for a person.</summary>
public static class MetricsText
{
    /// <summary><c>loss 0.2412, accuracy 91.30 %</c>.</summary>
    public static string Of(Metrics metrics) => string.Join(", ", metrics.Means.Select(Of));

    /// <summary><c>accuracy 91.30 %</c>.</summary>
    public static string Of(Mean mean) =>
        mean.Name.StartsWith(Metrics.Loss, StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"{mean.Name} {mean.Value:0.0000}")
        : mean.Value < 0 ? $"{mean.Name} -" // an average precision where there is nothing to be found
        : string.Create(CultureInfo.InvariantCulture, $"{mean.Name} {100 * mean.Value:0.00} %");
}
