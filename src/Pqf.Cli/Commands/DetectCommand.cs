using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Drawing;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf detect</c>.</summary>
static class DetectCommand
{
    const double DefaultThreshold = 0.5;

    // Losses that are hard to see, at a third of the size of quality 100.
    const int DefaultQuality = 90;

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new Argument<string>("file") { Description = "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed" };
        var images = new Argument<string[]>("image") { Description = Photographs.Description, Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for pictures and results.json [default: output_path, or runs/detect-NAME]",
            HelpName = "DIR",
        };
        var threshold = CheckedOption.Number("--threshold", DefaultThreshold, "a number from 0 to 1", score => score is >= 0 and <= 1);
        threshold.Description = "Least score of what is shown, 0 to 1";
        threshold.HelpName = "P";
        var pictures = CheckedOption.Word(
            "--pictures",
            ("auto", PictureKind.Auto),
            ("jpg", PictureKind.Jpg),
            ("png", PictureKind.Png),
            ("jpeg", PictureKind.Jpg)
        );
        pictures.Description = "Kind of the pictures' files: jpg, png, or auto (jpg of photographs that are JPEG, png of others)";
        pictures.HelpName = "KIND";
        var quality = CheckedOption.Whole("--quality", DefaultQuality, "a whole number from 1 to 100", value => value is >= 1 and <= 100);
        quality.Description = "Of pictures that are JPEG, 1 to 100";
        quality.HelpName = "N";
        var profile = new Option<bool>("--profile") { Description = "Say what each stage takes" };
        return new(
            new Command(
                "detect",
                "Find objects in photographs: pictures with boxes, names, scores and masks, and a file of results in COCO's form."
            )
            {
                file,
                images,
                output,
                threshold,
                pictures,
                quality,
                profile,
            },
            [
                "pqf detect out/maskrcnn.pqf street.jpg --output found",
                "pqf detect out/maskrcnn.pqf photographs --output found --threshold 0.8",
            ],
            run =>
                Run(
                    run,
                    run.Parsed.GetRequiredValue(file),
                    run.Parsed.GetRequiredValue(images),
                    (float)run.Parsed.GetValue(threshold),
                    (run.Parsed.GetValue(pictures), run.Parsed.GetValue(quality)),
                    run.Parsed.GetValue(profile)
                )
        )
        {
            Keys = [("output_path", output)],
        };
    }

    static Result<Unit, PqfError> Run(
        RunContext run,
        string file,
        string[] arguments,
        float threshold,
        (PictureKind Kind, int Quality) how,
        bool isProfiled
    )
    {
        var photographs = Photographs.Find(run, arguments);
        var images = photographs.Paths;
        if (images.IsEmpty)
            return photographs.Conclude();
        string folder = run.OutputFolder(file);
        var pictures = PictureFiles.Of(images, folder, how.Kind);
        if (images.Select(Path.GetFullPath).Intersect(pictures.Select(Path.GetFullPath)).FirstOrDefault() is { } own)
            return new PqfError.Config(
                "command line",
                "--output",
                $"expected another folder than that of {own}, which would be written over"
            );
        string results = Path.Combine(folder, "results.json");
        var all = new SortedDictionary<int, DetectedImage>();
        return from done in run.WithDevice(device =>
                from network in run.Load(file, device, NetworkTask.Detection)
                from _ in OutputFolder.Prepare(folder, run.Locks)
                let watch = new StageWatch(run.Terminal.Clock)
                from found in Detect(run, network, photographs, new Pictures(pictures, how.Quality), threshold, watch, all)
                from written in photographs.HaveAllFailed
                    ? default(Unit)
                    : AtomicFile.Write(results, stream => CocoWriter.WriteResults(stream, found))
                select run.Conclude(
                    new DetectResult([.. all.Values], photographs.HaveAllFailed ? null : results, isProfiled ? watch.Stages : null)
                )
            )
            from allUsed in photographs.Conclude()
            select allUsed;
    }

    static Result<List<NamedDetection>, PqfError> Detect(
        RunContext run,
        Network network,
        Photographs photographs,
        Pictures pictures,
        float threshold,
        StageWatch watch,
        SortedDictionary<int, DetectedImage> results
    )
    {
        run.NoteGuesses(network);
        pictures.Note(run, network.ClassNames);
        var images = photographs.Paths;
        var names = photographs.Names;
        float maskThreshold = MaskRcnnOptions.Of(network.Architecture).MaskThresh;
        var all = new List<NamedDetection>();
        var options = new DetectOptions
        {
            LoaderThreadCount = run.LoaderThreadCount,
            Threshold = threshold,
            AfterStage = watch.Lap,
            Failed = (index, error) => results[index] = new DetectedImage(images[index], null, [], photographs.Fail(error)),
            Found = photograph =>
            {
                var (index, image, found) = photograph;
                photographs.NoteGuess(images[index]);
                results[index] = new DetectedImage(
                    images[index],
                    pictures.Paths[index],
                    [.. found.Items.Select(item => Of(network, item))],
                    null
                );
                run.Show(results[index]);
                if (Path.GetFileNameWithoutExtension(images[index]) != Path.GetFileNameWithoutExtension(pictures.Paths[index]))
                    run.Note($"{images[index]}: its picture is {pictures.Paths[index]}");
                all.AddRange(
                    CocoTargets
                        .Results(index + 1, found, maskThreshold)
                        .Select(item => new NamedDetection(item, names[index], network.ClassNames[item.CategoryId]))
                );
                var saved = AtomicFile.Write(
                    pictures.Paths[index],
                    stream =>
                        stream.Write(DetectionPicture.Draw(image, found, network.ClassNames, maskThreshold, pictures.QualityOf(index)))
                );
                watch.Lap("Pictures");
                return saved;
            },
        };
        return DetectJob
            .Run(network, images.Length, i => photographs.Reader.Decode(images[i]), options, null, run.Cancellation)
            .Map(_ => all);
    }

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
        /// <summary>Quality of a JPEG; null for a PNG.</summary>
        public int? QualityOf(int index) => PictureFiles.IsJpeg(Paths[index]) ? Quality : null;

        /// <summary>Says how lossy the pictures are, and which names they cannot show.</summary>
        public void Note(RunContext run, ImmutableArray<string> names)
        {
            int jpegCount = Paths.Count(PictureFiles.IsJpeg);
            string count = jpegCount == 1 ? "1 picture is" : $"{jpegCount} pictures are";
            if (jpegCount > 0)
                run.Note($"{count} JPEG of quality {Quality}; --quality and --pictures png say otherwise");
            using var font = new LabelFont(1);
            string[] lacking = [.. names.Where(font.Lacks)];
            if (lacking.Length > 0)
                run.Note(
                    $"the labels' font lacks letters of {ClassMatch.Cut(lacking)}: they are drawn as boxes; results.json has the names"
                );
        }
    }
}
