using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Command lines that a person can run after a command.</summary>
static class NextCommand
{
    // Characters that no shell reads as its own.
    const string Plain = "_-./:=,+@%";

    /// <summary>Stands for a folder in a command; the line above the command describes it.</summary>
    public const string UnknownFolder = "DIR";

    /// <summary>Stands for a file of values.</summary>
    public const string UnknownValues = "VALUES.npy";

    /// <summary>Measures a network on the images that a training validated it on.</summary>
    /// <param name="config">Of the training.</param>
    /// <param name="weights">The network's file.</param>
    public static string Evaluate(Config config, string weights)
    {
        var data = config.Dataloader;
        ImmutableArray<(string Key, string? Value)> keys =
        [
            ("dataloader.imagenet_path", data.ImagenetPath),
            ("dataloader.idx_path", data.IdxPath),
            ("dataloader.coco_path", data.CocoPath),
            ("dataloader.val_annotations", data.ValAnnotations),
            ("dataloader.val_images", data.ValImages),
            ("dataloader.train_images_per_class", data.TrainImagesPerClass?.ToString(CultureInfo.InvariantCulture)),
            ("dataloader.validation_fraction", data.ValidationFraction?.ToString(CultureInfo.InvariantCulture)),
            (
                "dataloader.split_seed",
                data.ValidationFraction is null || data.SplitSeed == 0 ? null : data.SplitSeed.ToString(CultureInfo.InvariantCulture)
            ),
            ("dataloader.skip_corrupt", data.SkipCorrupt ? "true" : null),
            ("preprocessing.exif", config.Preprocessing.Exif == ExifOrientation.Ignore ? "ignore" : null),
        ];
        return string.Join(
            ' ',
            [
                $"pqf evaluate --weights {Word(weights)}",
                .. keys.Where(pair => pair.Value is not null).Select(pair => $"--{pair.Key} {Word(pair.Value!)}"),
            ]
        );
    }

    /// <summary>Measures a network on images that are not known here.</summary>
    /// <param name="weights">The network's file.</param>
    public static string Evaluate(string weights) => $"pqf evaluate --weights {Word(weights)} --data {UnknownFolder}";

    /// <summary>Writes what a network gives.</summary>
    /// <param name="weights">The network's file.</param>
    /// <param name="input">Stands for photographs or values.</param>
    public static string Run(string weights, string input) => $"pqf run {Word(weights)} {input}";

    /// <summary>Compresses a dense network and trains it, on images that are not known here.</summary>
    /// <param name="weights">The dense network's file.</param>
    public static string Train(string weights) => $"pqf train --weights {Word(weights)} --data {UnknownFolder}";

    /// <summary>Resumes a run of the same command.</summary>
    /// <param name="run">The command.</param>
    /// <param name="folder">Of the run.</param>
    public static string Resume(RunContext run, string folder) => $"pqf {run.Parsed.CommandResult.Command.Name} --resume {Word(folder)}";

    /// <summary>The same command, which calibrates.</summary>
    /// <param name="typed">Its arguments.</param>
    /// <param name="needsFolder">Whether it names no photographs yet.</param>
    /// <param name="needsLevel">Whether its settings have the level none, which uses no photographs.</param>
    public static string Calibrated(ImmutableArray<string> typed, bool needsFolder = true, bool needsLevel = false)
    {
        int end = typed.IndexOf("--");
        end = end < 0 ? typed.Length : end;
        ImmutableArray<string> words =
        [
            .. typed[..end]
                .Where(
                    (word, i) => !needsLevel || !(CalibrationSource.IsLevel(word) || (i > 0 && typed[i - 1] == CalibrationSource.LevelName))
                )
                .Where(word => word is not ("--json" or "--quiet")), // for a person
            .. needsFolder ? [CalibrationSource.OptionName, UnknownFolder] : (string[])[],
            .. needsLevel ? [CalibrationSource.LevelName, "layers"] : (string[])[],
            .. typed[end..],
        ];
        return $"pqf {string.Join(' ', words.Select(Word))}";
    }

    /// <summary>A word as shells take it: in quotes where it holds spaces, for example. One that a terminal could not show as it is has
    /// escapes, as bash and zsh read them.</summary>
    public static string Word(string text)
    {
        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal)))
            return text;
        return Printable.Whole(text) == text
            ? $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'"
            : $"$'{Printable.Whole(text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal))}'";
    }
}
