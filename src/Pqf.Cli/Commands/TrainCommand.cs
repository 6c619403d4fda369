using System.CommandLine;
using Pqf.Cli.Models;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf train-resnet</c>.</summary>
static class TrainCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new Option<string?>("--weights")
        {
            Description = "The network to begin with, dense or compressed [default: random weights, with --model.compress false]",
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
        var distill = new Option<string?>("--distill")
        {
            Description = "A dense network to learn from beside the labels",
            HelpName = "FILE",
        };
        var skip = new Option<bool>("--skip-corrupt") { Description = "Leave out images that cannot be decoded" };
        return new(
            new Command("train-resnet", "Fine-tune a network that is compressed first, or train a dense one.")
            {
                weights,
                output,
                resume,
                distill,
                skip,
            },
            [
                "pqf train-resnet --config config/train_resnet50.yaml --weights resnet50.pth --dataloader.imagenet_path /data/imagenet --output out",
                "pqf train-resnet --config config/train_resnet50.yaml --dataloader.imagenet_path /data/imagenet --output out --resume",
                "pqf train-resnet --config config/train_fashion.yaml --output fashion",
            ],
            run =>
                new TrainingSession(WithFlag(run, run.Parsed.GetValue(skip))).Run(
                    run.Parsed.GetValue(weights) ?? run.Config.Model.StateDictCompressed,
                    run.Parsed.GetResult(resume) is null ? null : run.Parsed.GetValue(resume) ?? ""
                )
        )
        {
            Keys = [("output_path", output), ("distillation.teacher", distill)],
        };
    }

    static RunContext WithFlag(RunContext run, bool skipsCorrupt) =>
        !skipsCorrupt ? run : run with { Config = run.Config with { Dataloader = run.Config.Dataloader with { SkipCorrupt = true } } };
}
