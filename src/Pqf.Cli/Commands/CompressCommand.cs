using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Pqf.Cli.Configuration;
using Pqf.Cli.Models;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf compress</c>.</summary>
static class CompressCommand
{
    /// <summary>How far the permuted network's logits may be from the dense one's: sums in another order differ by some 1e-6.</summary>
    const double PermutationTolerance = 1e-4;

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var weights = new Option<string>("--weights") { Description = "The dense network: .pth, .safetensors or .onnx", HelpName = "FILE", Required = true };
        var output = new Option<string?>("--output") { Description = "Folder for the compressed network, layers.csv and groups.csv [default: output_path]", HelpName = "DIR" };
        var format = new Option<string?>("--format") { Description = "Files to write: pqf, pth, safetensors, onnx, or several with commas [default: pqf]", HelpName = "LIST" };
        var search = new Option<string?>("--search") { Description = "How far channel orders are searched: greedy, stochastic, descent [default: stochastic]", HelpName = "NAME" };
        var calibrate = new Option<string?>("--calibrate") { Description = "Folder of photographs, without labels, on which the norms are estimated anew", HelpName = "DIR" };
        return new(
            new Command("compress", "Make a network 19 to 43 times smaller: permute its channels, quantise its weights, check and write the result.") { weights, output, format, search, calibrate },
            [
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out",
                "pqf compress --config config/compress_resnet18_large.yaml --weights resnet18.pth --output out --format pqf,pth --calibrate /data/photographs",
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out --model.compression_parameters.layer_specs.fc.k 512",
            ],
            run => Run(run, run.Parsed.GetRequiredValue(weights), run.Parsed.GetValue(calibrate)))
        {
            Keys = [("output_path", output), ("format", format), ("search", search)],
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string weights, string? calibrate)
    {
        if (run.Config.OutputPath is not { } folder)
            return new PqfError.Config("command line", "--output", "expected a folder, here or in output_path, got none");
        return OutputFolder.Prepare(folder).Bind(_ => run.WithDevice(device => NetworkFiles.Load(weights, run.Config, device).Bind<Unit>(network =>
        {
            NetworkReport.NoteUnused(run, network);
            if (network.IsCompressed)
                return new PqfError.File(weights, "is compressed already; expected a dense network (pqf convert --format dense makes one)");
            return calibrate is null
                ? Compress(run, network, null, folder, device)
                : CalibrationImages.Open(run, calibrate, network.Preprocessing, device).Bind(images => Compress(run, network, images, folder, device));
        })));
    }

    static Result<Unit, PqfError> Compress(RunContext run, NetworkFile network, CalibrationImages? images, string folder, Device device)
    {
        var probe = new Probe(device, network.Preprocessing, run.Key.Fold("probe"));
        return Unfold(network, images).Bind(dense => Quantise(run, network.Graph, dense, probe).Bind(result =>
            Reestimate(network.Graph, result.Compressed, images).Bind(compressed =>
            {
                // Files hold norms folded: from here on the network in memory is the one in the files.
                var model = network.Model with
                {
                    Parameters = Norms.Fold(network.Graph, compressed),
                    Compression = run.Config.Model.Compression,
                    Seed = run.Config.Seed,
                    Provenance = new Provenance(Path.GetFileName(network.Path), Sha256(network.Path), HelpText.Version),
                };
                return new CompressionOutput(run, network, model, result, probe).Write(folder);
            })));
    }

    // Statistics folded into the norms would otherwise apply twice once they are estimated anew. A file does not tell: a decoded network has four vectors, of
    // mean 0 and variance 1. Norms with statistics of their own lose nothing, for both steps see the same images.
    static Result<Parameters, PqfError> Unfold(NetworkFile network, CalibrationImages? images) => images is null
        ? network.Parameters
        : images.Use("unfolding norms", batches => Calibration.Unfold(network.Graph, network.Parameters, batches));

    static Result<Parameters, PqfError> Reestimate(Graph graph, Parameters parameters, CalibrationImages? images) => images is null
        ? parameters
        : images.Use("calibrating norms", batches => Calibration.Reestimate(graph, parameters, batches));

    static Result<CompressionResult, PqfError> Quantise(RunContext run, Graph graph, Parameters dense, Probe probe)
    {
        var (permutation, compression) = (ConfigMapping.Permutation(run.Config), run.Config.Model.Compression);
        return Blocks.Of(graph, compression).Bind(layers => Pqf.Compression.Compress.Run(graph, dense, permutation, compression, run.Key, run.Cancellation)
            .Map(events => new CompressionRun(run, layers, run.Config.Model.SlsIterations).Run(events)))
            .Bind(result => CheckPermuted(run, graph, dense, result, probe));
    }

    static Result<CompressionResult, PqfError> CheckPermuted(RunContext run, Graph graph, Parameters dense, CompressionResult result, Probe probe)
    {
        if (result.Permuted is null)
            return result;
        double difference = Probe.Difference(probe.Logits(graph, dense), probe.Logits(graph, result.Permuted));
        if (!(difference <= PermutationTolerance))
            return new PqfError.Layer("permutation", $"expected the permuted network's logits within {PermutationTolerance} of the dense network's, got {difference}; nothing was written");
        run.Note(string.Create(CultureInfo.InvariantCulture, $"verified: the permuted network's logits are the dense network's, to {difference:0.0e+0} of the largest"));
        return result;
    }

    static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
