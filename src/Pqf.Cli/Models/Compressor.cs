using System.Globalization;
using System.Security.Cryptography;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>Permutes and quantises as the configuration says.</summary>
static class Compressor
{
    /// <summary>How far the permuted network's logits may be from the dense one's: sums in another order differ by some 1e-6.</summary>
    const double PermutationTolerance = 1e-4;

    /// <summary>Compresses a network, and checks that permuting left its function unchanged.</summary>
    /// <param name="run">Settings, key, progress.</param>
    /// <param name="graph">The network.</param>
    /// <param name="dense">Its values.</param>
    /// <param name="probe">Compares.</param>
    public static Result<CompressionResult, PqfError> Run(RunContext run, Graph graph, Parameters dense, Probe probe)
    {
        var (permutation, compression) = (ConfigMapping.Permutation(run.Config), ConfigMapping.Compression(run.Config));
        return Blocks
            .Of(graph, compression)
            .Bind(layers =>
                Pqf.Compression.Compress.Run(graph, dense, permutation, compression, run.Key, run.Cancellation)
                    .Map(events => new CompressionRun(run, layers, run.Config.Model.SlsIterations).Run(events))
            )
            .Bind(result => CheckPermuted(run, graph, dense, result, probe));
    }

    /// <summary>A model of compressed parameters, saying how and from what it was made.</summary>
    public static PqfModel Described(RunContext run, PqfModel source, string path, Parameters parameters) =>
        source with
        {
            Parameters = parameters,
            Compression = ConfigMapping.Compression(run.Config),
            Seed = run.Config.Seed,
            Provenance = new Provenance(Path.GetFileName(path), Sha256(path), HelpText.Version),
        };

    static Result<CompressionResult, PqfError> CheckPermuted(
        RunContext run,
        Graph graph,
        Parameters dense,
        CompressionResult result,
        Probe probe
    )
    {
        if (result.Permuted is null)
            return result;
        double difference = Probe.Difference(probe.Logits(graph, dense), probe.Logits(graph, result.Permuted));
        if (!(difference <= PermutationTolerance))
            return new PqfError.Layer(
                "permutation",
                $"expected the permuted network's logits within {PermutationTolerance} of the dense network's, got {difference}; nothing was written"
            );
        run.Note(
            string.Create(
                CultureInfo.InvariantCulture,
                $"verified: the permuted network's logits are the dense network's, to {difference:0.0e+0} of the largest"
            )
        );
        return result;
    }

    static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
