using System.Collections.Immutable;
using Pqf.Cli.Results;
using Pqf.Compression.Allocation;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Writes what a compression gave.</summary>
static class CompressionOutput
{
    /// <summary>Name of the table of layers.</summary>
    public const string LayersName = "layers.csv";

    const string GroupsName = "groups.csv";

    /// <summary>Writes every file. One whose network, read back, is not the one in memory is an error.</summary>
    /// <param name="run">Formats and terminal.</param>
    /// <param name="folder">Where files go.</param>
    /// <param name="model">The compressed network, norms folded.</param>
    /// <param name="compressed">Reports of groups and layers, and of the search for a size.</param>
    /// <param name="overrides">As for the dense network.</param>
    /// <returns>What was written, with the files that could not be: each file is shown when it is written. An error if the network could
    /// not be written at all.</returns>
    public static Result<(CompressResult Result, FilesBeside Files), PqfError> Write(
        RunContext run,
        string folder,
        PqfModel model,
        Compressed compressed,
        NetworkOverrides overrides
    )
    {
        run.Cancellation.ThrowIfCancellationRequested();
        var state = compressed.State;
        var written = ImmutableArray.CreateBuilder<WrittenFile>();
        var networks = FilesBeside.Write(
            run.Config.UsualFormats.Distinct()
                .Select<ModelFormat, (string, Func<string, Result<Unit, PqfError>>)>(format =>
                    (
                        Path.Combine(folder, NameOf(model.Architecture, format)),
                        path => Write(run, path, model, format, overrides).Map(file => Add(written, file))
                    )
                )
        );
        if (networks is { Paths: [], Outcome: Result<Unit, PqfError>.Error(var error) })
            return error;
        var within = written.Select(file => CheckTarget(run, file)).Aggregate(networks.Outcome, Result.And);
        var tables = FilesBeside.Write(
            (Path.Combine(folder, LayersName), path => Tables.WriteLayers(path, state.Layers, state.Stored)),
            (Path.Combine(folder, GroupsName), path => Tables.WriteGroups(path, state.Groups))
        );
        var result = new CompressResult(
            folder,
            written.ToImmutable(),
            GroupsOf(state),
            [.. state.Layers.Select(QuantisedLayer.Of)],
            MeanRelativeError(state),
            NetworkSummary.Of(model, "compressed")
        )
        {
            Uncoded = [.. state.Stored.Select(UncodedLayer.Of)],
            MeanOutputError = state.Layers.Average(row => row.OutputError), // null where no layer has one
            Search = compressed.Search is { } search ? SizeSearchResult.Of(search) : null,
            Distillation = state.Distillation is { } distillation ? DistillationResult.Of(distillation) : null,
        };
        return (result, new FilesBeside(networks.Paths, within).And(tables));
    }

    static Unit Add(ImmutableArray<WrittenFile>.Builder written, WrittenFile file)
    {
        written.Add(file);
        return default;
    }

    /// <summary>Names of all files, for a check before the work.</summary>
    /// <param name="run">Formats.</param>
    /// <param name="architecture">The network.</param>
    public static IEnumerable<string> Names(RunContext run, Architecture architecture) =>
        [.. run.Config.UsualFormats.Distinct().Select(format => NameOf(architecture, format)), LayersName, GroupsName];

    static string NameOf(Architecture architecture, ModelFormat format) => architecture.Title + format.Extension();

    /// <summary>Mean of the layers' relative errors.</summary>
    public static double MeanRelativeError(CompressionState state) =>
        state.Layers.Sum(row => row.RelativeError) / Math.Max(1, state.Layers.Length);

    static Result<WrittenFile, PqfError> Write(
        RunContext run,
        string path,
        PqfModel model,
        ModelFormat format,
        NetworkOverrides overrides
    ) =>
        CheckedFile
            .Write(model, path, format, run.Key, overrides)
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
