using System.CommandLine;
using Pqf.Cli.Models;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf train-maskrcnn</c>.</summary>
static class TrainDetectorCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new Option<string?>("--weights")
        {
            Description = "The Mask R-CNN to begin with, dense or compressed [default: model.state_dict_compressed]",
            HelpName = "FILE",
        };
        var backbone = new Option<string?>("--backbone")
        {
            Description = "In its place a ResNet-50, dense or compressed: the body of a new Mask R-CNN",
            HelpName = "FILE",
        };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for networks, states and logs [default: output_path]",
            HelpName = "DIR",
        };
        var resume = new Option<string?>("--resume")
        {
            Description = "Go on with the run in the output folder: from its latest state, or after EPOCHS epochs",
            HelpName = "EPOCHS",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var profile = new Option<bool>("--profile") { Description = "Say in the end what each stage took" };
        return new(
            new Command(
                "train-maskrcnn",
                "Fine-tune a Mask R-CNN that is compressed first, or train a dense one, on images in COCO's layout."
            )
            {
                weights,
                backbone,
                output,
                resume,
                profile,
            },
            [
                "pqf train-maskrcnn --config config/train_maskrcnn.yaml --weights maskrcnn_resnet50_fpn.pth --dataloader.coco_path /data/coco --output out",
                "pqf train-maskrcnn --config config/train_maskrcnn_small.yaml --backbone resnet50.pth --dataloader.coco_path /data/coco --output out",
                "pqf train-maskrcnn --config config/train_maskrcnn.yaml --dataloader.coco_path /data/coco --output out --resume",
            ],
            run =>
                new DetectorSession(run).Run(
                    run.Parsed.GetValue(weights) ?? (run.Parsed.GetValue(backbone) is null ? run.Config.Model.StateDictCompressed : null),
                    run.Parsed.GetValue(backbone),
                    run.Parsed.GetResult(resume) is null ? null : run.Parsed.GetValue(resume) ?? "",
                    run.Parsed.GetValue(profile)
                )
        )
        {
            Keys = [("output_path", output)],
        };
    }
}
