using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Compression.Collectives;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Shell;

/// <summary>Compresses a model that is not run, and prints what became of it.</summary>
static class PartialCompression
{
    /// <summary>Operators that a line names.</summary>
    const int ShownOperators = 8;

    /// <summary>Runs to the end.</summary>
    /// <param name="run">Settings and terminal.</param>
    /// <param name="ranks">The processes that compress together.</param>
    /// <param name="model">The model.</param>
    /// <param name="folder">Where files go.</param>
    /// <param name="device">Where weights are clustered.</param>
    /// <param name="calibrate">Folder of photographs; an error, as the model is not run.</param>
    public static Result<Unit, PqfError> Run(
        RunContext run,
        ICollective ranks,
        OnnxPartialModel model,
        string folder,
        Device device,
        string? calibrate
    )
    {
        string path = Path.Combine(folder, Path.GetFileNameWithoutExtension(model.Path) + ModelFormat.Onnx.Extension());
        return from possible in ranks.Agree(() => Check(run, model, path, calibrate))
            let noted = Note(run, model)
            from compressed in CompressPartialJob.Run(
                model,
                device,
                ConfigMapping.Compress(run) with
                {
                    Ranks = ranks,
                    BeforeWork = () => run.PrepareOutput(folder, Path.GetFileName(path), CompressionOutput.LayersName),
                },
                run.Progress,
                run.Cancellation
            )
            from concluded in ranks.OnFirst(() => Write(run, model, compressed, folder, path))
            select concluded;
    }

    static Result<Unit, PqfError> Write(RunContext run, OnnxPartialModel model, CompressedPartial compressed, string folder, string path) =>
        from written in model.Write(path, compressed.Parameters)
        let tables = FilesBeside.Write(
            (
                Path.Combine(folder, CompressionOutput.LayersName),
                layers => Tables.WriteLayers(layers, compressed.State.Layers, compressed.State.Stored)
            )
        )
        from concluded in run.Conclude(
            new CompressPartialResult(
                path,
                compressed.SizeBytes,
                model.SizeBytes,
                [.. model.Operators.Select(pair => new PassedOperator(pair.Operator, pair.Count))],
                [.. compressed.State.Layers.Select(QuantisedLayer.Of)],
                CompressionOutput.MeanRelativeError(compressed.State)
            )
            {
                Uncoded = [.. compressed.State.Stored.Select(UncodedLayer.Of)],
            },
            tables
        )
        select concluded;

    /// <summary><c>12 convolutions and linear layers</c>.</summary>
    public static string LayersText(OnnxPartialModel model) => $"{ParameterSpecs.Of(model.Graph).Length} convolutions and linear layers";

    /// <summary>The error of a plan that is asked for.</summary>
    public static PqfError HasNoPlan(OnnxPartialModel model) =>
        new PqfError.Config("command line", "--dry-run", $"expected a network that is run, but {model.Path} is not: {Why(model)}");

    /// <summary>Refuses what only a network that is run can have.</summary>
    static Result<Unit, PqfError> Check(RunContext run, OnnxPartialModel model, string path, string? calibrate)
    {
        if (calibrate is not null)
            return Wrong("--calibrate", $"layers are fitted to what the network gives, but {model.Path} is not run: {Why(model)}");
        if (run.Config.Model.ClassCount is not null)
            return Wrong("model.class_count", $"a new head needs a network that is run, but {model.Path} is not: {Why(model)}");
        if (run.Config.Formats.Any(format => format != ModelFormat.Onnx))
            return Wrong(
                "--format",
                $"expected onnx, as no other format holds the parts of {model.Path} that are not run ({Why(model)}), "
                    + $"got {string.Join(", ", run.Config.Formats).ToLowerInvariant()}"
            );
        return run.CheckOutputs([path]);

        static PqfError.Config Wrong(string key, string problem) => new("command line", key, problem);
    }

    static Unit Note(RunContext run, OnnxPartialModel model)
    {
        run.Note($"{model.Path}: this network is not run: {Why(model)}");
        run.Note(
            $"{model.Path}: the weights of {LayersText(model)} are compressed, all else is passed through as it is; channels keep their "
                + "order, nothing is calibrated, and the outputs are not checked"
        );
        if (run.Config.Formats.IsEmpty)
            run.Note($"{model.Path}: written as .onnx, as no other format holds what is not run");
        return default;
    }

    /// <summary>What is not run: <c>NonMaxSuppression (1), Loop (2)</c>; or what is wrong with the inputs.</summary>
    static string Why(OnnxPartialModel model)
    {
        var shown = model.Operators.Take(ShownOperators).Select(pair => $"{Printable.Name(pair.Operator)} ({pair.Count})");
        string operators = string.Join(", ", [.. shown, .. model.Operators.Length > ShownOperators ? (string[])["…"] : []]);
        return string.Join("; ", ((string?[])[model.Reason, operators]).Where(text => text is { Length: > 0 }));
    }
}
