using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Demo;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf demo</c>.</summary>
static class DemoCommand
{
    const string DefaultFolder = "pqf-demo";

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var output = new Option<string?>("--output")
        {
            Description = "Folder for networks, tables, report.html and report.md [default: pqf-demo]",
            HelpName = "DIR",
        };
        return new(
            new Command(
                "demo",
                "Compress, calibrate and fine-tune a small network for pictures of clothes, all in the program, in about a minute: "
                    + "nothing to download."
            )
            {
                output,
            },
            ["pqf demo", "pqf demo --output elsewhere --model.compression_parameters.k 64 --epochs 1"],
            run => DemoFiles.Images().Bind(images => Run(run, images))
        )
        {
            Keys = [("output_path", output)],
            Defaults = DemoFiles.Config,
        };
    }

    /// <summary>Runs on the program's network and some images.</summary>
    /// <param name="run">Settings over those of config/demo.yaml.</param>
    /// <param name="images">To train and to test on.</param>
    public static Result<Unit, PqfError> Run(RunContext run, TrainingSets images)
    {
        if (run.Config.Epochs == 0)
            return new PqfError.Config("configuration", "epochs", "expected 1 or more, since a demo fine-tunes, got 0");
        if (!run.Config.Model.Compress)
            return new PqfError.Config("configuration", "model.compress", "expected true, since a demo compresses, got false");
        if (SizeRequest.CheckFixed(run.Config) is Result<Unit, PqfError>.Error(var search))
            return search;
        string folder = run.Config.OutputPath ?? DefaultFolder;
        var output = new DemoOutput(run, folder);
        long start = run.Terminal.Clock.GetTimestamp();
        return run.WithDevice(device =>
            from overrides in ConfigMapping.Overrides(run.Config)
            from _ in run.Prepare(folder, DemoOutput.Names)
            from __ in DemoFiles.WriteDense(output.DensePath)
            from network in Network.Load(output.DensePath, device, overrides)
            from result in DemoStudy.Run(run, images, network)
            from written in output.Write(result, overrides)
            let seconds = run.Terminal.Clock.GetElapsedTime(start).TotalSeconds
            from concluded in run.Conclude(written.Result with { Seconds = seconds }, written.Files)
            select concluded
        );
    }
}
