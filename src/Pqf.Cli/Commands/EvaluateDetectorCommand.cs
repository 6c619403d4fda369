using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Drawing;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf evaluate-maskrcnn</c>.</summary>
static class EvaluateDetectorCommand
{
    const string BoxName = "bbox_results.json",
        MaskName = "segm_results.json",
        CategoryName = "categories.csv";

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var data = CommandEntry.DataOption();
        var weights = new NetworkFile(
            "network",
            "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed",
            "model.state_dict_compressed"
        );
        var output = new Option<string?>("--output")
        {
            Description =
                "Folder for bbox_results.json and segm_results.json, in COCO's form, categories.csv and report.html "
                + "[default: output_path, or none are written]",
            HelpName = "DIR",
        };
        var profile = new Option<bool>("--profile") { Description = "Print the time of each stage of the network" };
        return new(
            weights.CheckedIn(
                new Command(
                    "evaluate-maskrcnn",
                    "Measure average precision of boxes and masks, as COCO does, on DIR/val2017 with "
                        + "DIR/annotations/instances_val2017.json, "
                        + "in the layout of Roboflow, CVAT, labelme, SAHI or FiftyOne, or named by dataloader.val_annotations and "
                        + "dataloader.val_images"
                )
                {
                    weights.Word,
                    weights.Weights,
                    data,
                    output,
                    profile,
                }
            ),
            [
                "pqf evaluate-maskrcnn --weights out/maskrcnn.pqf --dataloader.coco_path /data/coco",
                "pqf evaluate-maskrcnn --config config/evaluate_maskrcnn.yaml --weights maskrcnn_resnet50_fpn.pth "
                    + "--dataloader.coco_path /data/coco --output out --profile",
                "pqf evaluate-maskrcnn --weights out/maskrcnn.pqf --dataloader.val_annotations roboflow/test/_annotations.coco.json",
            ],
            run => run.MeasuredWeights(weights.Of(run.Parsed)).Bind(file => Run(run, file, run.Parsed.GetValue(profile)))
        )
        {
            IsShared = true,
            Keys = [("output_path", output)],
            Data = (data, NetworkTask.Detection),
            PresetsOf = "evaluate",
        };
    }

    /// <summary>Measures.</summary>
    /// <param name="run">The configuration.</param>
    /// <param name="weights">The detector's file.</param>
    /// <param name="isProfiled">Whether the time of each stage is printed.</param>
    public static Result<Unit, PqfError> Run(RunContext run, string weights, bool isProfiled) =>
        run.WithRanks(weights, (own, ranks) => Run(own, ranks, weights, isProfiled));

    static Result<Unit, PqfError> Run(RunContext run, ICollective ranks, string weights, bool isProfiled) =>
        run.WithImages(reader =>
            run.WithDevice(
                device =>
                    from network in ranks.Agree(() => run.Load(weights, device, NetworkTask.Detection))
                    from images in ranks.Agree(() => CocoFolder.OpenValidation(ConfigMapping.Coco(run.Config), reader))
                    from measured in Measure(run, ranks, network, images, isProfiled)
                    select measured,
                ranks
            )
        );

    static Result<Unit, PqfError> Measure(RunContext run, ICollective ranks, Network network, CocoFolder images, bool isProfiled)
    {
        run.NoteGuesses(network);
        var watch = new StageWatch(run.Terminal.Clock);
        var options = new DetectOptions
        {
            LoaderThreadCount = run.LoaderThreadCount,
            HostThreadCount = run.Config.Threads,
            AfterStage = watch.Lap,
            Ranks = ranks,
            BeforeWork = () => run.PrepareWanted([BoxName, MaskName, CategoryName, .. ReportFiles.Names]).Map(_ => Start(watch)),
        };
        return from report in EvaluateDetectorJob.Run(network, images, options, run.Progress, run.Cancellation)
            from concluded in ranks.OnFirst(() =>
            {
                var files = run.Config.OutputPath is { } output ? Write(output, network, report, images) : FilesBeside.None;
                var stages = watch.Stages.RemoveAll(stage => stage.Name == EvaluateJob.Compiling);
                return run.Conclude(ResultOf(network, report, isProfiled, stages) with { Files = files.Paths }, files);
            })
            select concluded;
    }

    static Unit Start(StageWatch watch)
    {
        watch.Start();
        return default;
    }

    static FilesBeside Write(string folder, Network network, DetectorReport report, CocoFolder images) =>
        FilesBeside
            .Write(
                (Path.Combine(folder, BoxName), path => CocoFiles.WriteBoxes(path, report.Results)),
                (Path.Combine(folder, MaskName), path => CocoFiles.WriteMasks(path, report.Results)),
                (Path.Combine(folder, CategoryName), path => Tables.WriteCategories(path, report.Categories))
            )
            .And(
                ReportFiles.Write(
                    folder,
                    () =>
                    {
                        var pictures = new DetectedPictures(images, report.Results);
                        return EvaluationPage.Of(NetworkSummary.Of(network), report, pictures.Worst, pictures.Best);
                    }
                )
            );

    static EvaluateDetectorResult ResultOf(Network network, DetectorReport report, bool isProfiled, ImmutableArray<StageTime> stages) =>
        new(
            NetworkSummary.Of(network),
            report.ImageCount,
            PrecisionResult.Of(report.Box),
            PrecisionResult.Of(report.Mask),
            report.ImageCount / stages.Sum(stage => stage.Seconds),
            network.Device.Name,
            isProfiled ? stages : null,
            [.. report.Categories.Select(CategoryResult.Of)],
            []
        );
}
