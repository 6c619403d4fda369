using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf evaluate</c>: of a classifier on labelled images, of a detector on annotated ones.</summary>
static class EvaluateCommand
{
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
                "Folder for report.html and a classifier's confusion.csv, or a detector's results in COCO's form and categories.csv "
                + "[default: output_path, or none are written]",
            HelpName = "DIR",
        };
        var profile = new Option<bool>("--profile") { Description = "Print the time of each stage of a detector" };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            weights.CheckedIn(
                new Command(
                    "evaluate",
                    "Measure a network: accuracy of a classifier on labelled images (dataloader.imagenet_path, idx_path), average "
                        + "precision of "
                        + "a Mask R-CNN on annotated ones (dataloader.coco_path, val_annotations)."
                )
                {
                    weights.Word,
                    weights.Weights,
                    data,
                    output,
                    profile,
                    skip.Option,
                }
            ),
            [
                "pqf evaluate out/mobilenet_v2.pqf --data /data/imagenet",
                "pqf evaluate --weights out/maskrcnn.pqf --dataloader.coco_path /data/coco --output out",
            ],
            run =>
                run.MeasuredWeights(weights.Of(run.Parsed))
                    .Bind(file =>
                        ConfigMapping.HasAnnotations(run.Config)
                            ? EvaluateDetectorCommand.Run(run, file, run.Parsed.GetValue(profile))
                            : EvaluateClassifierCommand.Run(run, file)
                    )
        )
        {
            IsShared = true,
            Keys = [("output_path", output)],
            Flags = [skip],
            Data = (data, null),
            PresetsOf = "evaluate",
        };
    }
}
