using System.Globalization;
using System.Security.Cryptography;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

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
    public static Result<CompressionState, PqfError> Run(RunContext run, Graph graph, Parameters dense, Probe probe) =>
        from layers in Blocks.Of(graph, ConfigMapping.Compression(run.Config))
        let compression = new CompressionRun(run, layers, run.Config.Model.SlsIterations)
        let steps = Compress.Method(layers, ConfigMapping.Permutation(run.Config), run.Key)
        from state in WithHost(
            run,
            dense,
            host => Compress.Run(steps, new CompressionState(graph, dense, host), run.Cancellation).Bind(compression.Run)
        )
        from _ in CheckPermuted(run, graph, dense, compression.Permuted, probe)
        select state;

    /// <summary>Gives a function the host device of a network's values, or one of as many threads as the settings ask for where they are
    /// elsewhere.</summary>
    public static Result<T, PqfError> WithHost<T>(RunContext run, Parameters parameters, Func<HostDevice, Result<T, PqfError>> use)
    {
        if (parameters.Tensors().First().Device is HostDevice host)
            return use(host);
        using var own = new HostDevice(run.Config.Threads);
        return use(own);
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

    static Result<Unit, PqfError> CheckPermuted(RunContext run, Graph graph, Parameters dense, Parameters? permuted, Probe probe)
    {
        if (permuted is null)
            return default(Unit);
        double difference = Probe.Difference(probe.Logits(graph, dense), probe.Logits(graph, permuted));
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
        return default(Unit);
    }

    static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
