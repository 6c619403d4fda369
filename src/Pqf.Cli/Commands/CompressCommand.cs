using System.CommandLine;
using Pqf.Cli.Models;
using Pqf.Cli.Shell;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf compress</c>.</summary>
static class CompressCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new Option<string>("--weights")
        {
            Description = "The dense network: .pth, .safetensors or .onnx",
            HelpName = "FILE",
            Required = true,
        };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for the compressed network, layers.csv and groups.csv [default: output_path]",
            HelpName = "DIR",
        };
        var format = new Option<string?>("--format")
        {
            Description = "Files to write: pqf, pth, safetensors, onnx, or several with commas [default: pqf]",
            HelpName = "LIST",
        };
        var search = new Option<string?>("--search")
        {
            Description = "How far channel orders are searched: greedy, stochastic, descent [default: stochastic]",
            HelpName = "NAME",
        };
        var calibrate = new Option<string?>("--calibrate")
        {
            Description = "Folder of photographs, without labels, on which the norms are estimated anew",
            HelpName = "DIR",
        };
        return new(
            new Command(
                "compress",
                "Make a network 19 to 43 times smaller: permute its channels, quantise its weights, check and write the result."
            )
            {
                weights,
                output,
                format,
                search,
                calibrate,
            },
            [
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out",
                "pqf compress --config config/compress_resnet18_large.yaml --weights resnet18.pth --output out --format pqf,pth --calibrate /data/photographs",
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out --model.compression_parameters.layer_specs.fc.k 512",
            ],
            run => Run(run, run.Parsed.GetRequiredValue(weights), run.Parsed.GetValue(calibrate))
        )
        {
            Keys = [("output_path", output), ("format", format), ("search", search)],
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string weights, string? calibrate)
    {
        if (run.Config.OutputPath is not { } folder)
            return new PqfError.Config("command line", "--output", "expected a folder, here or in output_path, got none");
        return OutputFolder
            .Prepare(folder)
            .Bind(_ =>
                run.WithDevice(device =>
                    NetworkFiles
                        .Load(weights, run.Config, device)
                        .Bind<Unit>(network =>
                        {
                            NetworkReport.NoteUnused(run, network);
                            if (network.IsCompressed)
                                return new PqfError.File(
                                    weights,
                                    "is compressed already; expected a dense network (pqf convert --format dense makes one)"
                                );
                            return calibrate is null
                                ? Compress(run, network, null, folder, device)
                                : CalibrationImages
                                    .Open(run, calibrate, network.Preprocessing)
                                    .Bind(images => Compress(run, network, images, folder, device));
                        })
                )
            );
    }

    static Result<Unit, PqfError> Compress(RunContext run, NetworkFile network, CalibrationImages? images, string folder, Device device)
    {
        var probe = new Probe(device, network.Preprocessing, run.Key.Fold("probe"));
        var graph = network.Graph;
        return from dense in images is null
                ? network.Parameters
                : images.Show("unfolding norms", new UnfoldNorms(images.Batches), graph, network.Parameters)
            from result in Compressor.Run(run, graph, dense, probe)
            from compressed in images is null
                ? result.Parameters
                : images.Show("calibrating norms", new Calibrate(images.Batches), graph, result.Parameters)
            // Files hold norms folded: from here on the network in memory is the one in the files.
            let model = Compressor.Described(run, network.Model, network.Path, Norms.Fold(graph, compressed))
            from written in new CompressionOutput(run, network, model, result, probe).Write(folder)
            select written;
    }
}
