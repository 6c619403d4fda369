using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Drawing;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf detect</c>.</summary>
static class DetectCommand
{
    const string ResultsName = "results.json";

    const double DefaultThreshold = 0.5;

    // Losses that are hard to see, at a third of the size of quality 100.
    const int DefaultQuality = 90;

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new NetworkFile("file", "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed");
        var images = new Argument<string[]>("image") { Description = Photographs.Description, Arity = ArgumentArity.ZeroOrMore };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for pictures and results.json [default: output_path, or runs/detect-NAME]",
            HelpName = "DIR",
        };
        var threshold = CheckedOption.Number("--threshold", DefaultThreshold, "a number from 0 to 1", score => score is >= 0 and <= 1);
        threshold.Description = "Minimum score of the objects that are shown, 0 to 1";
        threshold.HelpName = "P";
        var pictures = CheckedOption.Word(
            "--pictures",
            ("auto", PictureKind.Auto),
            ("jpg", PictureKind.Jpg),
            ("png", PictureKind.Png),
            ("jpeg", PictureKind.Jpg)
        );
        pictures.Description =
            "Kind of the pictures' files: jpg, png, or auto (jpg of photographs that are JPEG, png of others) [default: auto]";
        pictures.HelpName = "KIND";
        var quality = CheckedOption.Whole("--quality", DefaultQuality, "a whole number from 1 to 100", value => value is >= 1 and <= 100);
        quality.Description = "Quality of JPEG pictures, 1 to 100";
        quality.HelpName = "N";
        var skip = CommandEntry.SkipCorrupt();
        var profile = new Option<bool>("--profile") { Description = "Print the time of each stage" };
        return new(
            file.CheckedIn(
                new Command(
                    "detect",
                    "Find objects in photographs: pictures with boxes, names, scores and masks, and a file of results in COCO's form."
                )
                {
                    file.Word,
                    images,
                    file.Weights,
                    output,
                    threshold,
                    pictures,
                    quality,
                    skip.Option,
                    profile,
                }
            ),
            [
                "pqf detect out/maskrcnn.pqf street.jpg --output found",
                "pqf detect out/maskrcnn.pqf photographs --output found --threshold 0.8",
            ],
            run =>
                Run(
                    run,
                    file.Required(run.Parsed),
                    file.Others(run.Parsed, images),
                    (float)run.Parsed.GetValue(threshold),
                    run.Parsed.GetValue(pictures) ?? PictureKind.Auto,
                    run.Parsed.GetResult(quality) is { Implicit: false } ? run.Parsed.GetValue(quality) : null,
                    run.Parsed.GetValue(profile)
                )
        )
        {
            Keys = [("output_path", output)],
            Flags = [skip],
        };
    }

    static Result<Unit, PqfError> Run(
        RunContext run,
        string file,
        string[] arguments,
        float threshold,
        PictureKind kind,
        int? quality,
        bool isProfiled
    )
    {
        var photographs = Photographs.Find(run, arguments);
        var images = photographs.Paths;
        if (images.IsEmpty)
            return photographs.Conclude();
        string folder = run.OutputFolder(file);
        var pictures = PictureFiles.Of(images, folder, kind);
        if (quality is not null && !pictures.Any(PictureFiles.IsJpeg))
            return new PqfError.Config(
                "command line",
                "--quality",
                "is the quality of JPEG pictures, but all pictures will be PNG; leave it out, or write JPEG with --pictures jpg"
            );
        if (run.Inputs.With(images).Check([.. pictures, Path.Combine(folder, ResultsName)]) is Result<Unit, PqfError>.Error(var readToo))
            return readToo;
        return run.WithDevice(device =>
            from network in run.Load(file, device, NetworkTask.Detection)
            from _ in run.PrepareOutput(folder, [.. pictures.Select(path => Path.GetFileName(path)), ResultsName])
            let watch = new StageWatch(run.Terminal.Clock).Start()
            let found = new Found([], [])
            let outcome = Detect(run, network, photographs, new Pictures(pictures, quality ?? DefaultQuality), threshold, watch, found)
            from concluded in Conclude(
                run,
                photographs,
                found,
                outcome,
                Path.Combine(folder, ResultsName),
                isProfiled ? watch.Stages : null
            )
            select concluded
        );
    }

    /// <summary>Shows and writes what was found, even where a picture could not be written and ended the work.</summary>
    static Result<Unit, PqfError> Conclude(
        RunContext run,
        Photographs photographs,
        Found found,
        Result<Unit, PqfError> outcome,
        string path,
        IReadOnlyList<StageTime>? stages
    )
    {
        if (found.Images.Count == 0)
            return outcome;
        var files = photographs.HaveAllFailed
            ? FilesBeside.None
            : FilesBeside.Write((path, file => AtomicFile.Write(file, stream => CocoWriter.WriteResults(stream, found.Objects))));
        return from _ in outcome.And(run.Conclude(new DetectResult([.. found.Images.Values], files.Paths.FirstOrDefault(), stages), files))
            from allUsed in photographs.Conclude()
            select allUsed;
    }

    static Result<Unit, PqfError> Detect(
        RunContext run,
        Network network,
        Photographs photographs,
        Pictures pictures,
        float threshold,
        StageWatch watch,
        Found results
    )
    {
        run.NoteGuesses(network);
        pictures.Note(run, network.ClassNames);
        var images = photographs.Paths;
        float maskThreshold = MaskRcnnOptions.Of(network.Architecture).MaskThresh;
        var options = new DetectOptions
        {
            LoaderThreadCount = run.LoaderThreadCount,
            Threshold = threshold,
            AfterStage = watch.Lap,
            Failed = (index, error) => results.Images[index] = new DetectedImage(images[index], null, [], photographs.Fail(error)),
            Found = photograph =>
            {
                var (index, image, found) = photograph;
                photographs.NoteGuess(images[index]);
                results.Objects.AddRange(
                    CocoTargets
                        .Results(index + 1, found, maskThreshold)
                        .Select(item => new NamedDetection(item, photographs.Names[index], network.ClassNames[item.CategoryId]))
                );
                var saved = pictures.Write(index, image, found, network.ClassNames, maskThreshold);
                string? picture = saved.Match(_ => pictures.Paths[index], _ => (string?)null);
                var shown = new DetectedImage(images[index], picture, [.. found.Items.Select(item => Of(network, item))], null);
                results.Images[index] = shown;
                run.Show(shown);
                if (picture is not null && Path.GetFileNameWithoutExtension(images[index]) != Path.GetFileNameWithoutExtension(picture))
                    run.Note($"{images[index]}: its picture is {picture}");
                watch.Lap("Pictures");
                return saved;
            },
        };
        return DetectJob
            .Run(network, images.Length, i => photographs.Reader.Decode(images[i]), options, null, run.Cancellation)
            .Map(_ => default(Unit));
    }

    /// <summary>What was found so far.</summary>
    /// <param name="Images">By number.</param>
    /// <param name="Objects">For the file of results.</param>
    sealed record Found(SortedDictionary<int, DetectedImage> Images, List<NamedDetection> Objects);

    static FoundObject Of(Network network, Detection item) =>
        new(
            item.Label,
            network.ClassNames[item.Label],
            item.Score,
            new FoundBox(item.Box.X1, item.Box.Y1, item.Box.Width, item.Box.Height)
        );

    /// <summary>Where pictures go.</summary>
    /// <param name="Paths">One for each photograph.</param>
    /// <param name="Quality">Of those that are JPEG.</param>
    sealed record Pictures(ImmutableArray<string> Paths, int Quality)
    {
        /// <summary>Draws and writes a picture.</summary>
        public Result<Unit, PqfError> Write(int index, PixelImage image, Detections found, ImmutableArray<string> names, float mask)
        {
            int? quality = PictureFiles.IsJpeg(Paths[index]) ? Quality : null;
            return AtomicFile.Write(Paths[index], stream => stream.Write(DetectionPicture.Draw(image, found, names, mask, quality)));
        }

        /// <summary>Says how lossy the pictures are, and which names they cannot show.</summary>
        public void Note(RunContext run, ImmutableArray<string> names)
        {
            int jpegCount = Paths.Count(PictureFiles.IsJpeg);
            if (jpegCount > 0)
                run.Note(
                    $"{Plural.Of(jpegCount, "picture is", "pictures are")} JPEG of quality {Quality}; "
                        + "--quality N changes the quality, --pictures png writes PNG without loss"
                );
            using var font = new LabelFont(1);
            string[] lacking = [.. names.Where(font.Lacks)];
            if (lacking.Length > 0)
                run.Note(
                    $"the labels' font lacks letters of {ClassMatch.Cut(lacking)}: they are drawn as boxes; results.json has the names"
                );
        }
    }
}
