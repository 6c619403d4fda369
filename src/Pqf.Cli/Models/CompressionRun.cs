using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>Follows the events of a compression: shows progress, and times groups and layers.</summary>
/// <param name="run">Clock and progress.</param>
/// <param name="layers">What will be quantised.</param>
/// <param name="proposals">Exchanges that the search of one group tries.</param>
sealed class CompressionRun(RunContext run, ImmutableArray<LayerBlocks> layers, int proposals)
{
    readonly double totalWork = layers.Sum(Work);
    readonly List<double> groupSeconds = [],
        layerSeconds = [];
    Result<CompressionState, PqfError>? result;
    double workDone;
    int groupNumber,
        groupCount;
    long started;

    /// <summary>The network with its channels reordered, dense; null where they were kept.</summary>
    public Parameters? Permuted { get; private set; }

    /// <summary>Runs to the end.</summary>
    /// <param name="events">Of the steps that permute and quantise.</param>
    public Result<CompressionState, PqfError> Run(IEnumerable<CompressionEvent> events)
    {
        using var all = events.GetEnumerator();
        bool more = all.MoveNext();
        if (more && all.Current is CompressionEvent.GroupStarted first)
            more = run.Progress.Run("permuting", "groups", first.Count, report => Follow(all, report, OnPermuting));
        if (more)
            run.Progress.Run("quantising", "%", 100, report => Follow(all, report, OnQuantising));
        return result!.Map(state =>
            state with
            {
                Groups = [.. state.Groups.Zip(groupSeconds, (report, seconds) => report with { Seconds = seconds })],
                Layers = [.. state.Layers.Zip(layerSeconds, (report, seconds) => report with { Seconds = seconds })],
            }
        );
    }

    // Handles events until one is not of the phase; returns whether there are more.
    static bool Follow(IEnumerator<CompressionEvent> events, Action<double> report, Func<CompressionEvent, double?> handle)
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
    double? OnPermuting(CompressionEvent step)
    {
        switch (step)
        {
            case CompressionEvent.GroupStarted group:
                (groupNumber, groupCount, started) = (group.Number, group.Count, run.Terminal.Clock.GetTimestamp());
                return groupNumber - 1;
            case CompressionEvent.PermutationStep search:
                return groupNumber - 1 + Math.Min(1, (double)search.Proposals / Math.Max(1, proposals));
            case CompressionEvent.GroupPermuted:
                groupSeconds.Add(Elapsed());
                return groupNumber;
            case CompressionEvent.StepFinished finished:
                Permuted = finished.State.Parameters;
                return groupCount;
            default:
                return null;
        }
    }

    // Per cent of the products that clustering takes.
    double? OnQuantising(CompressionEvent step)
    {
        switch (step)
        {
            case CompressionEvent.LayerStarted:
                started = run.Terminal.Clock.GetTimestamp();
                break;
            case CompressionEvent.KMeansStep iteration:
                return Percent(workDone + (Work(layers[layerSeconds.Count]) * iteration.Iteration / Math.Max(1, iteration.Total)));
            case CompressionEvent.LayerQuantised:
                workDone += Work(layers[layerSeconds.Count]);
                layerSeconds.Add(Elapsed());
                break;
            case CompressionEvent.StepFinished finished:
                if (finished.Step is Permute)
                    Permuted = finished.State.Parameters;
                result = finished.State;
                break;
            case CompressionEvent.Failed failed:
                result = failed.Error;
                break;
        }

        return Percent(workDone);
    }

    static double Work(LayerBlocks layer) => (double)layer.Weight.Count * layer.K * (layer.Iterations + 1);

    double Percent(double work) => totalWork > 0 ? 100 * work / totalWork : 100;

    double Elapsed() => run.Terminal.Clock.GetElapsedTime(started).TotalSeconds;
}
