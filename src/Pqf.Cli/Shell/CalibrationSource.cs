using Pqf.Cli.Configuration;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>What <c>--calibrate</c> names: a folder of photographs, or the word for pictures that the program draws.</summary>
static class CalibrationSource
{
    /// <summary>The option.</summary>
    public const string OptionName = "--calibrate";

    /// <summary>The key of the level, as it is typed.</summary>
    public const string LevelName = "--calibration";

    /// <summary>The word.</summary>
    public const string Synthetic = "synthetic";

    // As many as photographs gave the results in the documentation.
    const int SyntheticCount = 160;

    /// <summary>Whether the program draws the pictures.</summary>
    public static bool IsSynthetic(string? calibrate) => calibrate == Synthetic;

    /// <summary>Whether what is named can give a network the statistics that its file lacks: drawn pictures would give it others than its
    /// own.</summary>
    public static bool GivesStatistics(string? calibrate) => calibrate is not null && !IsSynthetic(calibrate);

    /// <summary>Refuses photographs beside the level none, which uses none, where both were typed: one of the two is a mistake. A level of
    /// a file may serve several commands, and <see cref="Open"/> notes that the photographs are not used.</summary>
    /// <param name="run">Settings and command line.</param>
    /// <param name="calibrate">As it was typed.</param>
    public static Result<Unit, PqfError> Check(RunContext run, string? calibrate) =>
        calibrate is not null && run.Config.Calibration is CalibrationLevel.None && run.Typed.Any(IsLevel)
            ? new PqfError.Config(
                ConfigLoader.CommandLine,
                LevelName,
                $"expected norms, layers, network or auto beside {OptionName}, as the level none uses no photographs, got none"
            )
            : default(Unit);

    /// <summary>Whether a word of a command line names the level's key, its value behind it or not.</summary>
    public static bool IsLevel(string word) => word == LevelName || word.StartsWith($"{LevelName}=", StringComparison.Ordinal);

    /// <summary>The pictures to calibrate on; null for none.</summary>
    /// <param name="run">Settings and terminal.</param>
    /// <param name="network">The network.</param>
    /// <param name="reader">Decodes photographs.</param>
    /// <param name="calibrate">As it was typed.</param>
    public static Result<ImageSet?, PqfError> Open(RunContext run, Network network, ImageReader reader, string? calibrate) =>
        calibrate is null || network.IsCompressed ? (ImageSet?)null
        : run.Config.Calibration is CalibrationLevel.None ? Unused(run, reader, calibrate)
        : IsSynthetic(calibrate) ? Drawn(run, network).Map<ImageSet?>(images => images)
        : ImageSet.OpenUnlabelled(calibrate, reader, run.Progress).Map<ImageSet?>(images => images);

    /// <summary>What a network was calibrated on, for a report: <c>160 photographs without labels</c>; null for nothing.</summary>
    /// <param name="images">What there was.</param>
    /// <param name="skipped">Those that could not be decoded.</param>
    /// <param name="compressed">With those held back.</param>
    public static string? Text(ImageSet? images, SkippedImages? skipped, Compressed compressed) =>
        images is null ? null
        : images is ImageSet.Synthetic
            ? $"{Plural.Of(images.Count - HeldBack(compressed), "synthetic picture")}, as there were no photographs"
        : Plural.Of(Math.Min(images.UsableCount(skipped) - HeldBack(compressed), CompressOptions.MostImages), "photograph")
            + " without labels";

    static int HeldBack(Compressed compressed) => compressed.Search?.HeldBack ?? compressed.State.Distillation?.HeldBack ?? 0;

    static Result<ImageSet?, PqfError> Unused(RunContext run, ImageReader reader, string calibrate)
    {
        run.Note(
            $"{OptionName} {Printable.Whole(calibrate)} is not used: the settings have calibration none; "
                + $"{LevelName} layers calibrates on it"
        );
        return IsSynthetic(calibrate)
            ? (ImageSet?)null
            : ImageSet.OpenUnlabelled(calibrate, reader, run.Progress).Map<ImageSet?>(_ => null);
    }

    static Result<ImageSet, PqfError> Drawn(RunContext run, Network network)
    {
        if (network.Graph.HasJoints)
            return new PqfError.Config(
                "command line",
                OptionName,
                $"expected a folder of photographs: {network.Path} is a detector, and {Synthetic} pictures have no objects for its heads"
            );
        if (Directory.Exists(Synthetic))
            run.Note($"{Synthetic} is the word for pictures that the program draws; ./{Synthetic} names the folder");
        run.Note(
            $"calibrating on {SyntheticCount} {Synthetic} pictures of overlapping shapes: better than nothing, "
                + "but much worse than photographs "
                + "(--calibrate DIR)"
        );
        return new ImageSet.Synthetic(SyntheticCount, network.Preprocessing.Resize, run.Key.Fold(Synthetic));
    }
}
