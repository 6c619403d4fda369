using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Nets.Weights;

namespace Pqf.Cli.Models;

/// <summary>What compressing a network gave.</summary>
/// <param name="Permuted">The network with its channels reordered, dense; null where they were kept.</param>
/// <param name="Compressed">The compressed network.</param>
/// <param name="Groups">A row for each group.</param>
/// <param name="Layers">A row for each layer.</param>
sealed record CompressionResult(
    Parameters? Permuted,
    Parameters Compressed,
    ImmutableArray<GroupRow> Groups,
    ImmutableArray<LayerRow> Layers
);

/// <summary>Follows the events of a compression: shows progress, and times groups and layers.</summary>
/// <param name="run">Clock and progress.</param>
/// <param name="layers">What will be quantised.</param>
/// <param name="proposals">Exchanges that the search of one group tries.</param>
sealed class CompressionRun(RunContext run, ImmutableArray<LayerBlocks> layers, int proposals)
{
    readonly double totalWork = layers.Sum(Work);
    readonly ImmutableArray<GroupRow>.Builder groupRows = ImmutableArray.CreateBuilder<GroupRow>();
    readonly ImmutableArray<LayerRow>.Builder layerRows = ImmutableArray.CreateBuilder<LayerRow>();
    Parameters? permuted,
        compressed;
    double workDone;
    int groupNumber,
        groupCount;
    long started;

    /// <summary>Runs to the end.</summary>
    public CompressionResult Run(IEnumerable<CompressEvent> events)
    {
        using var all = events.GetEnumerator();
        bool more = all.MoveNext();
        if (more && all.Current is CompressEvent.Permuting(PermutationEvent.GroupStarted first))
            more = run.Progress.Run("permuting", "groups", first.Count, report => Follow(all, report, OnPermuting));
        if (more)
            run.Progress.Run("quantising", "%", 100, report => Follow(all, report, OnQuantising));
        return new(permuted, compressed!, groupRows.ToImmutable(), layerRows.ToImmutable());
    }

    // Handles events until one is not of the phase; says whether there are more.
    static bool Follow(IEnumerator<CompressEvent> events, Action<double> report, Func<CompressEvent, double?> handle)
    {
        do
        {
            if (handle(events.Current) is not { } done)
                return true;
            report(done);
        } while (events.MoveNext());
        return false;
    }

    // Groups done, the present one by its share of proposals.
    double? OnPermuting(CompressEvent step)
    {
        switch ((step as CompressEvent.Permuting)?.Event)
        {
            case PermutationEvent.GroupStarted group:
                (groupNumber, groupCount, started) = (group.Number, group.Count, run.Terminal.Clock.GetTimestamp());
                return groupNumber - 1;
            case PermutationEvent.PermutationStep search:
                return groupNumber - 1 + Math.Min(1, (double)search.Proposals / Math.Max(1, proposals));
            case PermutationEvent.GroupPermuted(var report):
                groupRows.Add(new GroupRow(report, Elapsed()));
                return groupNumber;
            case PermutationEvent.Finished finished:
                permuted = finished.Parameters;
                return groupCount;
            default:
                return null;
        }
    }

    // Per cent of the products that clustering takes.
    double? OnQuantising(CompressEvent step)
    {
        switch (step)
        {
            case CompressEvent.Quantising(QuantiseEvent.LayerStarted):
                started = run.Terminal.Clock.GetTimestamp();
                break;
            case CompressEvent.Quantising(QuantiseEvent.KMeansStep iteration):
                return Percent(workDone + (Work(layers[layerRows.Count]) * iteration.Iteration / Math.Max(1, iteration.Total)));
            case CompressEvent.Quantising(QuantiseEvent.LayerQuantised(var report)):
                workDone += Work(layers[layerRows.Count]);
                layerRows.Add(new LayerRow(report, Elapsed()));
                break;
            case CompressEvent.Finished finished:
                compressed = finished.Parameters;
                break;
        }

        return Percent(workDone);
    }

    static double Work(LayerBlocks layer) => (double)layer.Weight.Count * layer.K * (layer.Iterations + 1);

    double Percent(double work) => totalWork > 0 ? 100 * work / totalWork : 100;

    double Elapsed() => run.Terminal.Clock.GetElapsedTime(started).TotalSeconds;
}
