using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Drawing;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf train-maskrcnn</c>.</summary>
static class TrainDetectorCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new NetworkFile("network", "The Mask R-CNN to begin with, dense or compressed", "model.state_dict_compressed");
        var backbone = new Option<string?>("--backbone")
        {
            Description = "A ResNet-50, dense or compressed, instead of --weights: the body of a new Mask R-CNN",
            HelpName = "FILE",
        };
        var shared = new TrainingArguments();
        var data = CommandEntry.DataOption();
        var profile = new Option<bool>("--profile") { Description = "Print the time of each stage at the end" };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            weights.CheckedIn(
                new Command(
                    "train-maskrcnn",
                    "Fine-tune a Mask R-CNN that is compressed first, or train a dense one, on annotations in COCO's format, in the "
                        + "layout of "
                        + "COCO, Roboflow, CVAT, labelme, SAHI or FiftyOne, or named by dataloader.{train,val}_{annotations,images}."
                )
                {
                    weights.Word,
                    weights.Weights,
                    backbone,
                    data,
                    shared.Output,
                    shared.Resume,
                    profile,
                    skip.Option,
                }
            ),
            [
                "pqf train-maskrcnn --config config/train_maskrcnn.yaml --weights maskrcnn_resnet50_fpn.pth "
                    + "--dataloader.coco_path /data/coco --output out",
                "pqf train-maskrcnn --config config/train_maskrcnn_small.yaml --backbone resnet50.pth --dataloader.coco_path "
                    + "/data/coco --output out",
                "pqf train-maskrcnn --config config/train_maskrcnn.yaml --dataloader.coco_path /data/coco --output out --resume",
                "pqf train-maskrcnn --config config/train_maskrcnn_small.yaml --weights maskrcnn_resnet50_fpn.pth --model.class_count 3 "
                    + "--dataloader.coco_path helmets --output out",
            ],
            run =>
                run.WithImages(reader =>
                    Run(
                        run,
                        reader,
                        weights.Of(run.Parsed) ?? (run.Parsed.GetValue(backbone) is null ? run.Config.Model.StateDictCompressed : null),
                        run.Parsed.GetValue(backbone),
                        shared.ResumeOf(run.Parsed),
                        run.Parsed.GetValue(profile)
                    )
                )
        )
        {
            IsShared = true,
            Keys = [("output_path", shared.Output)],
            Flags = [skip],
            Data = (data, NetworkTask.Detection),
            Training = shared,
            PresetsOf = "train",
            Settings = [StartingFile.Network, StartingFile.Compression, StartingFile.Run, StartingFile.Training],
        };
    }

    /// <summary>Trains.</summary>
    /// <param name="run">The configuration.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="weights">The detector to begin with; null when omitted.</param>
    /// <param name="backbone">The body of a new detector; null when omitted.</param>
    /// <param name="resume">The epochs to resume after; empty for the latest state, null for a new run.</param>
    /// <param name="isProfiled">Whether the time of each stage is printed.</param>
    public static Result<Unit, PqfError> Run(
        RunContext run,
        ImageReader reader,
        string? weights,
        string? backbone,
        string? resume,
        bool isProfiled
    ) => run.WithRanks((own, ranks) => Run(own, ranks, reader, weights, backbone, resume, isProfiled));

    static Result<Unit, PqfError> Run(
        RunContext run,
        ICollective ranks,
        ImageReader reader,
        string? weights,
        string? backbone,
        string? resume,
        bool isProfiled
    )
    {
        var (report, watch) = (new TrainingReport(run), new StageWatch(run.Terminal.Clock).Start());
        int stepCount = 0;
        DetectedPictures? pictures = null;
        return from _ in ranks.Agree(() => TrainingMapping.CheckDetector(run.Config))
            from options in ranks.Agree(() => TrainingMapping.Options(run, ranks, resume, weights, backbone))
            from training in ranks.Agree(() => TrainingOf(run, reader, weights, backbone))
            let shown = training with
            {
                AfterValidation = (images, found) => pictures = new(images, found.Results),
            }
            let watched = options with
            {
                Settings = options.Settings.Add("model.maskrcnn", $"{run.Config.Model.MaskRcnn}"),
                AfterStage = stage =>
                {
                    watch.Lap(stage);
                    stepCount += stage == TrainJob.OptimizerStage ? 1 : 0;
                },
            }
            from done in run.WithDevice(
                device =>
                    TrainJob
                        .Run(watched, shown.Open, device, report, run.Cancellation)
                        .Bind(trained =>
                            report.Conclude(
                                ranks,
                                watched.Folder,
                                trained,
                                result =>
                                    result with
                                    {
                                        Stages = isProfiled && stepCount > 0 ? watch.Stages : null,
                                        Steps = isProfiled ? stepCount : null,
                                    },
                                () => pictures is { } last ? DetectionSection.OfTraining(last.Worst, last.Best) : []
                            )
                        ),
                ranks
            )
            select done;
    }

    static Result<DetectorTraining, PqfError> TrainingOf(RunContext run, ImageReader reader, string? weights, string? backbone) =>
        ConfigMapping
            .Overrides(run.Config)
            .Map(overrides => new DetectorTraining
            {
                Images = ConfigMapping.Coco(run.Config),
                Reader = reader,
                Weights = weights,
                Backbone = backbone,
                Overrides = overrides,
                Passes = run.Config.Dataloader.TrainPasses,
            });
}
