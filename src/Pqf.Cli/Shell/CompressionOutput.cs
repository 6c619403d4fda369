using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Writes what a compression gave and prints what it is.</summary>
static class CompressionOutput
{
    /// <summary>Writes every file, and fails if one read back is not the network in memory.</summary>
    /// <param name="run">Formats and terminal.</param>
    /// <param name="folder">Where files go.</param>
    /// <param name="model">The compressed network, norms folded.</param>
    /// <param name="state">Reports of groups and layers.</param>
    /// <param name="overrides">As for the dense network.</param>
    public static Result<Unit, PqfError> Write(
        RunContext run,
        string folder,
        PqfModel model,
        CompressionState state,
        NetworkOverrides overrides
    )
    {
        run.Cancellation.ThrowIfCancellationRequested();
        var files = run.Config.UsualFormats.Distinct().Select(format => Write(run, folder, model, format, overrides));
        return from _ in Result.All(files)
            from layers in Tables.WriteLayers(Path.Combine(folder, "layers.csv"), state.Layers, state.Stored)
            from groups in Tables.WriteGroups(Path.Combine(folder, "groups.csv"), state.Groups)
            select Summarise(run, model, state);
    }

    static Result<Unit, PqfError> Write(RunContext run, string folder, PqfModel model, ModelFormat format, NetworkOverrides overrides) =>
        CheckedFile
            .Write(model, Path.Combine(folder, model.Architecture.Title + format.Extension()), format, run.Key, overrides)
            .Map(file =>
            {
                string same =
                    file.Difference == 0
                        ? "the same"
                        : string.Create(CultureInfo.InvariantCulture, $"the same to {file.Difference:0.0e+0} of the largest");
                run.WriteLine($"wrote    {file.Path} ({Figures.Count(file.SizeBytes)} bytes); read back, its logits are {same}");
                if (format is ModelFormat.Pth && NetworkText.NotKept(model, file.Path) is { } lost)
                    run.WriteLine($"note     {lost}");
                return default(Unit);
            });

    static Unit Summarise(RunContext run, PqfModel model, CompressionState state)
    {
        if (!state.Groups.IsEmpty)
            run.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"permuted {state.Groups.Length} groups: {Figures.Count(state.Groups.Sum(row => (long)row.Accepted))} of "
                        + $"{Figures.Count(state.Groups.Sum(row => (long)row.Proposals))} exchanges made, log-determinant lower by "
                        + $"{state.Groups.Average(row => row.Before - row.After):0.000} on average"
                )
            );
        SummariseLayers(run, state);
        foreach (string line in NetworkText.Lines(model, "compressed"))
            run.WriteLine(line);
        return default;
    }

    /// <summary>Prints how many layers have codes, and how far their weights are from the dense ones.</summary>
    public static void SummariseLayers(RunContext run, CompressionState state)
    {
        double error = state.Layers.Sum(row => row.RelativeError) / Math.Max(1, state.Layers.Length);
        run.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"quantised {state.Layers.Length} layers: relative error {error:0.0000} on average")
        );
    }
}
