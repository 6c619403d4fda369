using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>What is asked of a compressed network's size, before any file is read.</summary>
static class SizeRequest
{
    /// <summary>Refuses requests that do not fit together.</summary>
    /// <param name="config">With the requests.</param>
    /// <param name="calibrate">Folder of photographs; null for none.</param>
    /// <param name="isDryRun">Whether sizes are printed instead.</param>
    public static Result<Unit, PqfError> Check(Config config, string? calibrate, bool isDryRun) =>
        config switch
        {
            { TargetSize: not null, TargetRatio: not null } => Wrong(
                "--target-ratio",
                "expected --target-size or --target-ratio, got both"
            ),
            { MaxLoss: null } => default(Unit),
            { TargetSize: not null } => Wrong("--max-loss", "expected --max-loss or --target-size, got both"),
            { TargetRatio: not null } => Wrong("--max-loss", "expected --max-loss or --target-ratio, got both"),
            _ when !CalibrationSource.GivesStatistics(calibrate) => Wrong(
                "--max-loss",
                "expected --calibrate DIR beside it, photographs on which the loss is measured, got " + (calibrate ?? "none")
            ),
            { Calibration: CalibrationLevel.None } => Wrong(
                "--max-loss",
                "expected calibration norms, layers or auto, as each size is calibrated before it is measured, got none"
            ),
            { Calibration: CalibrationLevel.Network } => Wrong(
                "--max-loss",
                "expected calibration norms, layers or auto: up to seven sizes are calibrated, and level network would train each of them"
            ),
            { CalibrateMinutes: not null } => Wrong(
                "--max-loss",
                "expected no --calibrate-minutes beside it: up to seven sizes are calibrated"
            ),
            _ when isDryRun => Wrong(
                "--dry-run",
                "the size that --max-loss gives is known only after networks of several sizes were compressed and measured; run without "
                    + "--dry-run, or with --target-size"
            ),
            _ => default(Unit),
        };

    const string LayerSpecs = "layer_specs";

    static readonly ImmutableArray<string> chosenKeys = ["k", "large_subvectors", "fc_subvector_size", "pw_subvector_size", LayerSpecs];

    /// <summary>Whether settings of a layer say how to cut it. A form of values is used, and how to cluster.</summary>
    static bool HasBlocks(Config config) =>
        config.Model.Compression.LayerSpecs.Values.Any(own =>
            own is { Values: null } and not { K: null, SubvectorSize: null, LargeSubvectors: null }
        );

    /// <summary>Says which settings of blocks a wanted size leaves unused; null where there are none.</summary>
    /// <param name="config">With the requests, and the keys that were given.</param>
    public static string? Unused(Config config)
    {
        string? wanted =
            config.TargetSize is not null ? "target_size"
            : config.TargetRatio is not null ? "target_ratio"
            : config.MaxLoss is not null ? "max_loss"
            : null;
        string[] given =
            config.Source.Entries.GetValueOrDefault("model") is ConfigNode.Mapping model
            && model.Entries.GetValueOrDefault("compression_parameters") is ConfigNode.Mapping parameters
                ? [.. chosenKeys.Where(key => parameters.Entries.ContainsKey(key) && (key != LayerSpecs || HasBlocks(config)))]
                : [];
        return wanted is null || given.Length == 0
            ? null
            : $"{wanted} chooses block lengths and codebook sizes: those of the settings are not used ({string.Join(", ", given)})";
    }

    /// <summary>Refuses a search in a command that makes one network of the settings as they are.</summary>
    /// <param name="config">With the requests.</param>
    public static Result<Unit, PqfError> CheckFixed(Config config) =>
        config.MaxLoss is null
            ? default(Unit)
            : Wrong("max_loss", "expected target_size or target_ratio: only pqf compress looks for the smallest size that loses little");

    static PqfError.Config Wrong(string key, string problem) => new("command line", key, problem);
}
