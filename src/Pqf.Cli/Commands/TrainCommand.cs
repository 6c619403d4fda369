using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf train</c>: of a classifier on labelled images, of a detector on annotated ones.</summary>
static class TrainCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new NetworkFile(
            "network",
            "The network to begin with: .pqf, .pth, .safetensors or .onnx, dense or compressed",
            "random weights, with --model.compress false"
        );
        var backbone = new Option<string?>("--backbone")
        {
            Description = "A ResNet-50, instead of --weights: the body of a new Mask R-CNN",
            HelpName = "FILE",
        };
        var shared = new TrainingArguments();
        var data = CommandEntry.DataOption();
        var distill = new Option<string?>("--distill")
        {
            Description = "A dense classifier to learn from beside the labels",
            HelpName = "FILE",
        };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            weights.CheckedIn(
                new Command(
                    "train",
                    "Fine-tune a network that is compressed first, or train a dense one: a classifier of any kind on labelled images "
                        + "(dataloader.imagenet_path, idx_path), a Mask R-CNN on annotated ones (dataloader.coco_path, train_annotations). "
                        + "Images to validate on are those of DIR/val, or with --dataloader.validation_fraction 0.1 a tenth of all."
                )
                {
                    weights.Word,
                    weights.Weights,
                    backbone,
                    data,
                    shared.Output,
                    shared.Resume,
                    distill,
                    skip.Option,
                }
            ),
            [
                "pqf train --weights mobilenet_v2.onnx --model.compress false --dataloader.imagenet_path mine --output dense",
                "pqf train --weights dense/trained_models/best.pqf --dataloader.imagenet_path mine --output small",
                "pqf train --config config/train_graph_fashion.yaml --weights network.onnx --output fashion",
            ],
            run =>
                run.WithImages(reader =>
                {
                    var (given, body) = (weights.Of(run.Parsed), run.Parsed.GetValue(backbone));
                    string? from = given ?? (body is null ? run.Config.Model.StateDictCompressed : null),
                        place = shared.ResumeOf(run.Parsed);
                    return body is not null || ConfigMapping.HasAnnotations(run.Config)
                        ? TrainDetectorCommand.Run(run, reader, from, body, place, false)
                        : TrainClassifierCommand.Run(run, reader, from, place);
                })
        )
        {
            IsShared = true,
            Keys = [("output_path", shared.Output), ("distillation.teacher", distill)],
            Flags = [skip],
            Data = (data, null),
            Training = shared,
            PresetsOf = "train",
            Settings = [StartingFile.Network, StartingFile.Compression, StartingFile.Run, StartingFile.Training],
        };
    }
}
