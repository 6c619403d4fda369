using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Follows the events of a compression: reports progress, and times groups and layers.</summary>
/// <param name="options">Clock and length of the search.</param>
/// <param name="layers">What will be quantised.</param>
/// <param name="progress">Receives stages.</param>
sealed class CompressionRun(CompressOptions options, ImmutableArray<LayerBlocks> layers, IProgress<JobProgress>? progress)
{
    readonly ImmutableArray<double> work = Quantise.Costs(layers);
    readonly double totalWork = OwnWork(options.Ranks, Quantise.Costs(layers));
    readonly SortedDictionary<int, double> groupSeconds = [],
        layerSeconds = [];
    readonly List<double> reconstructionSeconds = [];
    double[] groupTimes = [],
        layerTimes = [];
    string? stage;
    double workDone;
    int groupNumber,
        layerNumber;
    long started;
    bool isEstimating;

    /// <summary>Called with the values before channels are permuted, whose memory the permuted ones may take; gives what is to be done
    /// with the permuted values.</summary>
    public Func<Parameters, Func<Parameters, Result<Unit, PqfError>>> BeforePermuting { get; init; } = _ => _ => default(Unit);

    /// <summary>Called with the network as quantised.</summary>
    public Func<CompressionState, Result<Unit, PqfError>> AfterQuantising { get; init; } = _ => default(Unit);

    /// <summary>Runs to the end.</summary>
    /// <param name="events">Of all steps.</param>
    /// <param name="start">The state that the steps start from.</param>
    /// <param name="steps">Those that make the events.</param>
    /// <returns>The last step's state, with seconds; or the first error.</returns>
    public Result<CompressionState, PqfError> Follow(
        IEnumerable<CompressionEvent> events,
        CompressionState start,
        ImmutableArray<ICompressionStep> steps
    )
    {
        var state = start;
        var quantise = steps.Last(step => step is not (Calibrate or ReconstructLayers or Distil or MeasureEffects));
        isEstimating = steps is [Calibrate, ..];
        var check = CheckOf(steps[0], state);
        foreach (var next in events)
        {
            Show(next);
            if (next is CompressionEvent.Failed failed)
                return failed.Error;
            if (next is not CompressionEvent.StepFinished(var step, var reached))
                continue;
            EndStage();
            Collect(step, reached);
            state = Timed(reached);
            isEstimating = false;
            var after =
                step is Permute ? options.Ranks.OnFirst(() => check(reached.Parameters))
                : ReferenceEquals(step, quantise) ? AfterQuantising(state)
                : default(Unit);
            if (after is Result<Unit, PqfError>.Error error)
                return error.Value;
            if (steps.IndexOf(step) is var at && at + 1 < steps.Length)
                check = CheckOf(steps[at + 1], state);
        }

        return state;
    }

    /// <summary>What is to be done with the values that a step will give, if it permutes channels.</summary>
    Func<Parameters, Result<Unit, PqfError>> CheckOf(ICompressionStep step, CompressionState state) =>
        step is Permute ? BeforePermuting(state.Parameters) : _ => default(Unit);

    void Show(CompressionEvent next)
    {
        switch (next)
        {
            case CompressionEvent.Noted(var text):
                progress.Note(text);
                break;
            case CompressionEvent.EstimatingNorms batch:
                InStage(
                    isEstimating ? "estimating norms"
                        : layerTimes.Length > 0 ? "calibrating norms"
                        : "measuring norms",
                    "images",
                    batch.Count
                );
                Advance(batch.Done);
                break;
            case CompressionEvent.GroupStarted group:
                InStage("permuting", "groups", group.Count);
                (groupNumber, started) = (group.Number, Now);
                Advance(groupNumber - 1);
                break;
            case CompressionEvent.PermutationStep search:
                // The present group counts by its share of proposals.
                Advance(groupNumber - 1 + Math.Min(1, (double)search.Proposals / Math.Max(1, options.Permutation?.Proposals ?? 1)));
                break;
            case CompressionEvent.GroupPermuted:
                groupSeconds[groupNumber - 1] = Elapsed();
                Advance(groupNumber);
                break;
            case CompressionEvent.LayerStarted layer:
                InStage("quantising", "%", 100);
                (layerNumber, started) = (layer.Number, Now);
                break;
            case CompressionEvent.KMeansStep iteration:
                Advance(Percent(workDone + (work[layerNumber - 1] * iteration.Iteration / Math.Max(1, iteration.Total))));
                break;
            case CompressionEvent.ReconstructingLayer layer:
                InStage("reconstructing", "layers", layer.Count);
                started = Now;
                Advance(layer.Number - 1);
                break;
            case CompressionEvent.LayerReconstructed:
                reconstructionSeconds.Add(Elapsed());
                Advance(reconstructionSeconds.Count);
                break;
            case CompressionEvent.Distilling step:
                InStage("distilling", "steps", step.Count);
                Advance(step.Done);
                break;
            case CompressionEvent.MeasuringEffect layer:
                InStage("measuring layers' effects", "layers", layer.Count);
                Advance(layer.Number - 1);
                break;
            case CompressionEvent.LayerQuantised:
                workDone += work[layerNumber - 1];
                layerSeconds[layerNumber - 1] = Elapsed();
                Advance(Percent(workDone));
                break;
        }
    }

    void InStage(string title, string unit, double total)
    {
        if (stage == title)
            return;
        EndStage();
        stage = title;
        progress?.Report(new JobProgress.Started(title, unit, total));
    }

    void EndStage()
    {
        if (stage is not null)
            progress?.Report(new JobProgress.Ended());
        stage = null;
    }

    void Advance(double done) => progress?.Report(new JobProgress.Advanced(done));

    CompressionState Timed(CompressionState state) =>
        state with
        {
            Groups = [.. state.Groups.Zip(groupTimes, (report, seconds) => report with { Seconds = seconds })],
            Reconstructions = [.. state.Reconstructions.Zip(reconstructionSeconds, (report, seconds) => report with { Seconds = seconds })],
            Layers = [.. state.Layers.Zip(layerTimes, (report, seconds) => report with { Seconds = seconds })],
        };

    /// <summary>Collects the seconds of all ranks, once they have done a step together. No later step knows of them.</summary>
    void Collect(ICompressionStep step, CompressionState reached)
    {
        if (step is Permute)
            groupTimes = OfAll(groupSeconds, reached.Groups.Length);
        if (step is Quantise or QuantiseByColumns)
            layerTimes = OfAll(layerSeconds, reached.Layers.Length);
    }

    /// <summary>Seconds of all parts of a step, each of which one rank has measured.</summary>
    double[] OfAll(SortedDictionary<int, double> own, int count)
    {
        double[] mine = [.. Enumerable.Range(0, count).Select(part => own.GetValueOrDefault(part))],
            all = new double[count * options.Ranks.Size];
        options.Ranks.AllGather(Agreement.AsBytes(mine), Agreement.AsBytes(all));
        return
        [
            .. Enumerable.Range(0, count).Select(part => Enumerable.Range(0, options.Ranks.Size).Max(rank => all[(rank * count) + part])),
        ];
    }

    /// <summary>The part of the clustering that this rank does.</summary>
    static double OwnWork(ICollective ranks, ImmutableArray<double> work) =>
        RankParts.Owners(work, ranks.Size).Zip(work, (owner, cost) => owner == ranks.Rank ? cost : 0).Sum();

    // Per cent of the products that clustering takes.
    double Percent(double work) => totalWork > 0 ? 100 * work / totalWork : 100;

    long Now => options.Clock?.GetTimestamp() ?? 0;

    double Elapsed() => options.Clock?.GetElapsedTime(started).TotalSeconds ?? 0;
}
