using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Drawing;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf compare</c>.</summary>
static class CompareCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var first = new Argument<string>("first") { Description = "A classifier: .pqf, .pth, .safetensors or .onnx, dense or compressed" };
        var second = new Argument<string>("second")
        {
            Description = "A second classifier, of the same classes, such as the compressed form of the first",
        };
        var data = CommandEntry.DataOption();
        var unlabelled = new Option<bool>("--unlabelled")
        {
            Description = "Take every image under the folder; names of its folders are not classes",
        };
        var output = new Option<string?>("--output")
        {
            Description =
                "Folder for report.html and report.md, with pictures of images that changed their answer [default: output_path, or "
                + "nothing is written]",
            HelpName = "DIR",
        };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            new Command("compare", "Compare the answers of two classifiers on the same images.")
            {
                first,
                second,
                data,
                unlabelled,
                output,
                skip.Option,
            },
            [
                "pqf compare resnet50.pth out/resnet50.pqf --data /data/imagenet",
                "pqf compare dense.onnx out/dense.pqf --data photographs --unlabelled --output compared",
            ],
            run => Run(run, run.Parsed.GetRequiredValue(first), run.Parsed.GetRequiredValue(second), run.Parsed.GetValue(unlabelled))
        )
        {
            Keys = [("output_path", output)],
            Flags = [skip],
            Data = (data, NetworkTask.Classification),
            PresetsOf = "evaluate",
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string first, string second, bool isUnlabelled)
    {
        var source = ConfigMapping.Labelled(run.Config.Dataloader);
        if (source is { ImageFolder: null, IdxFolder: null })
            return new PqfError.Config("command line", "--data", "expected a folder of images, here or in dataloader.*_path, got none");
        return run.WithImages(reader =>
            run.WithDevice(device =>
                from one in run.Load(first, device, NetworkTask.Classification)
                from other in run.Load(second, device, NetworkTask.Classification)
                from images in isUnlabelled
                    ? ImageSet.OpenUnlabelled((source.ImageFolder ?? source.IdxFolder)!, reader, run.Progress)
                    : Labelled(source, one.Model, reader, run.Progress)
                from compared in Compare(run, one, other, images, !isUnlabelled)
                select compared
            )
        );
    }

    /// <summary>The labelled images. The error of a folder whose images can be compared without labels says how.</summary>
    static Result<ImageSet, PqfError> Labelled(ImageSource source, PqfModel model, ImageReader reader, IProgress<JobProgress> progress)
    {
        var opened = ImageSet.Open(source, model, reader, progress);
        return
            opened is Result<ImageSet, PqfError>.Error(PqfError.File error)
            && source.ImageFolder is { } folder
            && ImageSet.OpenUnlabelled(folder, reader) is Result<ImageSet, PqfError>.Ok
            ? error with
            {
                Problem = $"{error.Problem}; --unlabelled compares on the images without classes",
            }
            : opened;
    }

    static Result<Unit, PqfError> Compare(RunContext run, Network first, Network second, ImageSet images, bool isLabelled)
    {
        run.NoteGuesses(first);
        run.NoteGuesses(second);
        var options = new EvaluateOptions
        {
            ThreadCount = run.LoaderThreadCount,
            Skipped = run.SkippedImages(),
            BeforeWork = () => run.PrepareWanted(ReportFiles.Names),
        };
        if (run.Config.Dataloader.BatchSize is { } batchSize)
            options = options with { BatchSize = batchSize };
        var notes = new ReportNotes(run.Progress);
        return from comparison in CompareJob.Run(first, second, images, isLabelled, options, notes, run.Cancellation)
            let files = Write(run, first, second, images, comparison, [.. notes.Lines(options.Skipped)])
            from concluded in run.Conclude(ResultOf(first, second, images, comparison, options) with { Files = files.Paths }, files)
            select concluded;
    }

    static FilesBeside Write(
        RunContext run,
        Network first,
        Network second,
        ImageSet images,
        Comparison comparison,
        ImmutableArray<string> notes
    ) =>
        run.Config.OutputPath is { } folder
            ? ReportFiles.Write(
                folder,
                () => ComparePage.Of(Named(first), Named(second), comparison, ChangedPictures.Of(first, second, images, comparison), notes)
            )
            : FilesBeside.None;

    /// <summary>Under its file's name: both may be the same network in two forms.</summary>
    static NetworkSummary Named(Network network) => NetworkSummary.Of(network) with { Name = Path.GetFileName(network.Path) };

    static CompareResult ResultOf(Network first, Network second, ImageSet images, Comparison comparison, EvaluateOptions options) =>
        new(
            first.Path,
            NetworkSummary.Of(first),
            second.Path,
            NetworkSummary.Of(second),
            options.Skipped?.Count,
            Share.Of(comparison.Agreement),
            Finite.OrNull(comparison.Divergence),
            comparison.First is { } right ? Share.Of(right) : null,
            comparison.Second is { } also ? Share.Of(also) : null,
            [
                .. comparison.Changed.Select(answer => new ChangedImage(
                    images.PathOf(answer.Image) ?? answer.Image.ToString(CultureInfo.InvariantCulture),
                    answer.Class is { } label ? first.ClassNames[label] : null,
                    first.ClassNames[answer.First],
                    second.ClassNames[answer.Second],
                    Finite.OrNull(answer.FirstConfidence),
                    Finite.OrNull(answer.SecondConfidence)
                )),
            ],
            []
        );
}
