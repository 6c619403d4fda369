using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;

namespace Pqf.Cli.Shell;

/// <summary>What may be done with a network that was just compressed: commands that take this network, and no others.</summary>
static class AfterCompression
{
    /// <summary>The command that measures a calibrated network, or calibrates one that is not, and a line that says why.</summary>
    /// <param name="run">Settings and terminal.</param>
    /// <param name="network">The dense network.</param>
    /// <param name="files">The compressed one's.</param>
    /// <param name="isCalibrated">Whether it was calibrated.</param>
    /// <param name="hasPhotographs">Whether photographs were named.</param>
    public static (string Command, string About) Of(
        RunContext run,
        Network network,
        IReadOnlyList<WrittenFile> files,
        bool isCalibrated,
        bool hasPhotographs
    )
    {
        string file = files.MinBy(written => KeepsLess(written.Path))!.Path;
        // Commands that measure and train take labelled photographs.
        bool isMeasured = Networks.TaskOf(network.Architecture) is not NetworkTask.Values && network.Preprocessing.TakesPhotographs;
        if (!network.Preprocessing.TakesPhotographs)
            return (
                NextCommand.Run(file, NextCommand.UnknownValues),
                $"To see what it gives, replace {NextCommand.UnknownValues} by a file of values [N, C, H, W], and run the dense network "
                    + "on the same ones."
            );
        if (isCalibrated)
            return isMeasured
                ? (
                    NextCommand.Evaluate(file),
                    "To measure it, replace DIR by a folder of labelled images: a folder for each class, or COCO's annotations for a "
                        + "detector."
                )
                : OfValues(file);
        string train = NextCommand.Train(network.Path);
        bool isLevelNone = run.Config.Calibration is CalibrationLevel.None; // leaves photographs out
        return (
            NextCommand.Calibrated(run.Typed, needsFolder: !hasPhotographs, needsLevel: isLevelNone),
            Uncalibrated(network)
                + " Compress it again with "
                + (
                    hasPhotographs ? "--calibration layers to use the photographs"
                    : isLevelNone ? "--calibration layers and --calibrate DIR, a folder of photographs without labels"
                    : "--calibrate DIR, a folder of photographs without labels"
                )
                + (run.Config.OutputPath is null ? "." : ", which replaces these files.")
                + (
                    isMeasured
                        ? " With labelled images, train from the dense network instead, which is compressed and calibrated first: " + train
                        : ""
                )
        );
    }

    static (string Command, string About) OfValues(string file) =>
        (
            NextCommand.Run(file, NextCommand.UnknownFolder),
            "To see what it gives, replace DIR by a folder of photographs, and run the dense network on the same ones."
        );

    static string Uncalibrated(Network network) =>
        ParameterSpecs.Of(network.Graph).Any(spec => spec.Role == ParameterRole.RunningMean)
            ? "The network is not calibrated: its norms do not fit the quantised layers, and it is often near guessing."
            : "The network is not calibrated: its layers are not fitted to the dense network's outputs.";

    /// <summary>A .pth file is the last choice: it keeps neither preprocessing nor names of classes.</summary>
    static bool KeepsLess(string path) => ModelFormats.Of(path) is ModelFormat.Pth;
}
