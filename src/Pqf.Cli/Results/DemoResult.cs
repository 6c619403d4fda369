using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Nets.Metrics;

namespace Pqf.Cli.Results;

/// <summary>What the demo gave.</summary>
/// <param name="Networks">The network as it was and as it became, in order.</param>
/// <param name="Compressed">The compressed network.</param>
/// <param name="Report">The page with all figures; null where it could not be written.</param>
/// <param name="Seconds">What it took.</param>
sealed record DemoResult(IReadOnlyList<DemoStage> Networks, CompressResult Compressed, string? Report, double Seconds) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Compressed.Lines(),
            "",
            .. new Table(
                ["network", " size", " ratio", " accuracy", " 95 % interval"],
                [.. Networks.Select(network => network.Row())]
            ).Lines(),
            "",
            $"done in {ProgressDisplay.Duration(Seconds)}{(Report is null ? "" : $"; open {Report}")}",
        ];
}

/// <summary>A state of the network.</summary>
/// <param name="Name">Which state.</param>
/// <param name="SizeBits">Its size.</param>
/// <param name="Ratio">How many times smaller than the dense network it is.</param>
/// <param name="Accuracy">Of test images.</param>
sealed record DemoStage(string Name, long SizeBits, double Ratio, Share Accuracy)
{
    internal ImmutableArray<string> Row() =>
        [Name, Figures.MebiBytes(SizeBits), Figures.Ratio(Ratio), Figures.Percent(Accuracy.Value), Figures.Interval(Accuracy.Proportion())];
}

/// <summary>Images that were classified correctly.</summary>
/// <param name="Correct">How many.</param>
/// <param name="Count">Of how many.</param>
sealed record Share(int Correct, int Count)
{
    /// <summary>The share, from 0 to 1.</summary>
    public double Value => Proportion().Value;

    /// <summary>Lower end of the 95 % interval.</summary>
    public double Low => Proportion().Interval95.Low;

    /// <summary>Upper end of the 95 % interval.</summary>
    public double High => Proportion().Interval95.High;

    /// <summary>The same as a proportion.</summary>
    public Proportion Proportion() => new(Correct, Count);

    /// <summary>The share of a proportion.</summary>
    public static Share Of(Proportion proportion) => new(proportion.Correct, proportion.Count);
}
