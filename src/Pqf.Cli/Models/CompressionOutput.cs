using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>Writes what a compression gave, reads it back and says what it is.</summary>
/// <param name="Run">Formats and terminal.</param>
/// <param name="Source">The dense network.</param>
/// <param name="Model">The compressed one, norms folded.</param>
/// <param name="Result">Reports of the steps.</param>
/// <param name="Probe">Compares.</param>
sealed record CompressionOutput(RunContext Run, NetworkFile Source, PqfModel Model, CompressionState Result, Probe Probe)
{
    /// <summary>Norms are stored as products there, and rounded once more.</summary>
    const double OnnxTolerance = 1e-5;

    /// <summary>Writes every file, and fails if one read back is not the network in memory.</summary>
    public Result<Unit, PqfError> Write(string folder)
    {
        Run.Cancellation.ThrowIfCancellationRequested();
        float[] expected = Probe.Logits(Model.Graph, Model.Parameters);
        return Pqf
            .Tensors.Result.All(Run.Config.Formats.Distinct().Select(format => WriteModel(folder, format, expected)))
            .Bind(_ => Reports.WriteLayers(Path.Combine(folder, "layers.csv"), Result.Layers))
            .Bind(_ => Reports.WriteGroups(Path.Combine(folder, "groups.csv"), Result.Groups))
            .Map(_ => Summarise());
    }

    Result<Unit, PqfError> WriteModel(string folder, ModelFormat format, float[] expected)
    {
        string path = Path.Combine(folder, Model.Architecture.Name + NetworkWriter.Extension(format));
        return NetworkWriter.Write(path, format, Model).Bind(_ => ReadBack(path, expected, format == ModelFormat.Onnx ? OnnxTolerance : 0));
    }

    /// <param name="path">The file.</param>
    /// <param name="expected">The network's logits.</param>
    /// <param name="tolerance">How far those of the file may be from them, as a part of the largest; 0 asks for the same bits.</param>
    Result<Unit, PqfError> ReadBack(string path, float[] expected, double tolerance)
    {
        using var scope = Probe.Device.BeginScope();
        return NetworkFiles
            .Load(path, Run.Config, Probe.Device)
            .Bind<Unit>(network =>
            {
                float[] actual = Probe.Logits(network.Graph, network.Parameters);
                bool isSame = actual.AsSpan().SequenceEqual(expected);
                double difference = Probe.Difference(expected, actual);
                if (!isSame && !(difference <= tolerance))
                    return new PqfError.File(path, $"read back, its logits differ from the network's by {difference} of the largest");
                string same = isSame
                    ? "the same"
                    : string.Create(CultureInfo.InvariantCulture, $"the same to {difference:0.0e+0} of the largest");
                Run.WriteLine($"wrote    {path} ({Figures.Count(new FileInfo(path).Length)} bytes); read back, its logits are {same}");
                return default(Unit);
            });
    }

    Unit Summarise()
    {
        double error = Result.Layers.Sum(row => row.RelativeError) / Math.Max(1, Result.Layers.Length);
        if (!Result.Groups.IsEmpty)
            Run.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"permuted {Result.Groups.Length} groups: {Figures.Count(Result.Groups.Sum(row => (long)row.Accepted))} of {Figures.Count(Result.Groups.Sum(row => (long)row.Proposals))} exchanges made, log-determinant lower by {Result.Groups.Average(row => row.Before - row.After):0.000} on average"
                )
            );
        Run.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"quantised {Result.Layers.Length} layers: relative error {error:0.0000} on average"
            )
        );
        foreach (string line in NetworkReport.Lines(Source with { Model = Model, Format = "compressed" }))
            Run.WriteLine(line);
        return default;
    }
}
