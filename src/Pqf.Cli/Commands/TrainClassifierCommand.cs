using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf train-resnet</c>.</summary>
static class TrainClassifierCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new NetworkFile(
            "network",
            "The network to begin with, dense or compressed",
            "random weights, with --model.compress false"
        );
        var shared = new TrainingArguments();
        var data = CommandEntry.DataOption();
        var distill = new Option<string?>("--distill")
        {
            Description = "A dense network to learn from beside the labels",
            HelpName = "FILE",
        };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            weights.CheckedIn(
                new Command(
                    "train-resnet",
                    "Fine-tune a classifier that is compressed first, or train a dense one: what train does with labelled images."
                )
                {
                    weights.Word,
                    weights.Weights,
                    data,
                    shared.Output,
                    shared.Resume,
                    distill,
                    skip.Option,
                }
            ),
            [
                "pqf train-resnet --config config/train_resnet50.yaml --weights resnet50.pth --dataloader.imagenet_path "
                    + "/data/imagenet --output out",
                "pqf train-resnet --config config/train_resnet50.yaml --dataloader.imagenet_path /data/imagenet --output out --resume",
                "pqf train-resnet --config config/train_fashion.yaml --output fashion",
            ],
            run =>
                run.WithImages(reader =>
                    Run(run, reader, weights.Of(run.Parsed) ?? run.Config.Model.StateDictCompressed, shared.ResumeOf(run.Parsed))
                )
        )
        {
            IsShared = true,
            Keys = [("output_path", shared.Output), ("distillation.teacher", distill)],
            Flags = [skip],
            Data = (data, NetworkTask.Classification),
            Training = shared,
            PresetsOf = "train",
            Settings = [StartingFile.Network, StartingFile.Compression, StartingFile.Run, StartingFile.Training],
        };
    }

    /// <summary>Trains.</summary>
    /// <param name="run">The configuration.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="weights">The network to begin with; null for random weights.</param>
    /// <param name="resume">The epochs to resume after; empty for the latest state, null for a new run.</param>
    public static Result<Unit, PqfError> Run(RunContext run, ImageReader reader, string? weights, string? resume) =>
        run.WithRanks((own, ranks) => Run(own, ranks, reader, weights, resume));

    static Result<Unit, PqfError> Run(RunContext run, ICollective ranks, ImageReader reader, string? weights, string? resume)
    {
        var (keys, report) = (run.Config, new TrainingReport(run));
        return from options in TrainingMapping.Options(run, ranks, resume, weights)
            from overrides in ConfigMapping.Overrides(keys)
            let training = new ClassifierTraining
            {
                Images = () => TrainingImages.Open(ConfigMapping.Labelled(keys.Dataloader), reader),
                Weights = weights,
                HasRandomWeights = keys.Model.RandomWeights,
                Overrides = overrides,
                Augmentation = keys.Preprocessing.Augmentation,
                LabelSmoothing = keys.LabelSmoothing,
                Teacher = keys.Distillation.Teacher is { } teacher
                    ? new TeacherFile(teacher, new TeacherMix(keys.Distillation.Weight, keys.Distillation.Temperature))
                    : null,
            }
            from done in run.WithDevice(
                device =>
                    TrainJob
                        .Run(options, training.Open, device, report, run.Cancellation)
                        .Bind(result => report.Conclude(ranks, options.Folder, result)),
                ranks
            )
            select done;
    }
}
