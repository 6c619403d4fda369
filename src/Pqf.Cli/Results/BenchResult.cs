using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;

namespace Pqf.Cli.Results;

/// <summary>How fast a network classifies.</summary>
/// <param name="Network">Which network.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Batches">One for each batch size.</param>
sealed record BenchResult(NetworkSummary Network, string Device, IReadOnlyList<BatchSpeed> Batches) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => [.. Network.Lines(), $"on       {Device}", "", .. Table().Lines()];

    Table Table() => new([" batch", " median ms", " quartiles", " images/s"], [.. Batches.Select(batch => batch.Row())]);
}

/// <summary>How fast a network classifies images that are prepared already, so many a call.</summary>
/// <param name="Batch">Images a call.</param>
/// <param name="Calls">Calls that were measured.</param>
/// <param name="MedianMs">Milliseconds that half of the calls stay under.</param>
/// <param name="LowerQuartileMs">Milliseconds that a quarter of the calls stays under.</param>
/// <param name="UpperQuartileMs">Milliseconds that three quarters of the calls stay under.</param>
/// <param name="ImagesPerSecond">At the median.</param>
sealed record BatchSpeed(int Batch, int Calls, double MedianMs, double LowerQuartileMs, double UpperQuartileMs, double ImagesPerSecond)
{
    internal ImmutableArray<string> Row() =>
        [
            Batch.ToString(CultureInfo.InvariantCulture),
            Ms(MedianMs),
            $"{Ms(LowerQuartileMs)} … {Ms(UpperQuartileMs)}",
            ImagesPerSecond.ToString("0.0", CultureInfo.InvariantCulture),
        ];

    static string Ms(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
