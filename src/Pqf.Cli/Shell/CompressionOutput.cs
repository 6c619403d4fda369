using Pqf.Cli.Results;
using Pqf.Compression.Allocation;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Writes what a compression gave.</summary>
static class CompressionOutput
{
    /// <summary>Writes every file, and fails if one read back is not the network in memory.</summary>
    /// <param name="run">Formats and terminal.</param>
    /// <param name="folder">Where files go.</param>
    /// <param name="model">The compressed network, norms folded.</param>
    /// <param name="state">Reports of groups and layers.</param>
    /// <param name="overrides">As for the dense network.</param>
    /// <returns>What was written; each file is shown when it is.</returns>
    public static Result<CompressResult, PqfError> Write(
        RunContext run,
        string folder,
        PqfModel model,
        CompressionState state,
        NetworkOverrides overrides
    )
    {
        run.Cancellation.ThrowIfCancellationRequested();
        var files = run.Config.UsualFormats.Distinct().Select(format => Write(run, folder, model, format, overrides));
        return from written in Result.All(files)
            from within in Result.All(written.Select(file => CheckTarget(run, file)))
            from layers in Tables.WriteLayers(Path.Combine(folder, "layers.csv"), state.Layers, state.Stored)
            from groups in Tables.WriteGroups(Path.Combine(folder, "groups.csv"), state.Groups)
            select new CompressResult(
                folder,
                written,
                GroupsOf(state),
                [.. state.Layers.Select(QuantisedLayer.Of)],
                MeanRelativeError(state),
                NetworkSummary.Of(model, "compressed")
            );
    }

    /// <summary>Mean of the layers' relative errors.</summary>
    public static double MeanRelativeError(CompressionState state) =>
        state.Layers.Sum(row => row.RelativeError) / Math.Max(1, state.Layers.Length);

    static Result<WrittenFile, PqfError> Write(
        RunContext run,
        string folder,
        PqfModel model,
        ModelFormat format,
        NetworkOverrides overrides
    ) =>
        CheckedFile
            .Write(model, Path.Combine(folder, model.Architecture.Title + format.Extension()), format, run.Key, overrides)
            .Map(file =>
            {
                string? lost = format is ModelFormat.Pth ? NetworkText.NotKept(model, file.Path) : null;
                var written = new WrittenFile(file.Path, file.SizeBytes, file.Difference, lost);
                run.Show(written);
                return written;
            });

    /// <summary>Sizes are known before the work; this is a check of that.</summary>
    static Result<Unit, PqfError> CheckTarget(RunContext run, WrittenFile file) =>
        run.Config.TargetSize is SizeTarget.Bits { Count: var bits, Unit: var unit } && 8 * file.SizeBytes > bits
            ? new PqfError.File(
                file.Path,
                $"is larger than {unit.Nearest(bits)}, the target size, by {unit.AtLeast((8 * file.SizeBytes) - bits)}; the file is kept"
            )
            : default(Unit);

    static SearchedGroups? GroupsOf(CompressionState state) =>
        state.Groups.IsEmpty
            ? null
            : new SearchedGroups(
                state.Groups.Length,
                state.Groups.Sum(row => (long)row.Accepted),
                state.Groups.Sum(row => (long)row.Proposals),
                state.Groups.Average(row => row.Before - row.After)
            );
}
