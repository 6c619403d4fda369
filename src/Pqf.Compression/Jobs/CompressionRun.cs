using System.Collections.Immutable;
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
    readonly double totalWork = layers.Sum(Work);
    readonly List<double> groupSeconds = [],
        layerSeconds = [],
        reconstructionSeconds = [];
    string? stage;
    double workDone;
    int groupNumber;
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
        var quantise = steps.Last(step => step is not (Calibrate or ReconstructLayers or MeasureEffects));
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
            state = Timed(reached);
            isEstimating = false;
            var after =
                step is Permute ? check(state.Parameters)
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
                        : layerSeconds.Count > 0 ? "calibrating norms"
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
                groupSeconds.Add(Elapsed());
                Advance(groupNumber);
                break;
            case CompressionEvent.LayerStarted:
                InStage("quantising", "%", 100);
                started = Now;
                break;
            case CompressionEvent.KMeansStep iteration:
                Advance(Percent(workDone + (Work(layers[layerSeconds.Count]) * iteration.Iteration / Math.Max(1, iteration.Total))));
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
            case CompressionEvent.MeasuringEffect layer:
                InStage("measuring layers' effects", "layers", layer.Count);
                Advance(layer.Number - 1);
                break;
            case CompressionEvent.LayerQuantised:
                workDone += Work(layers[layerSeconds.Count]);
                layerSeconds.Add(Elapsed());
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
            Groups = [.. state.Groups.Zip(groupSeconds, (report, seconds) => report with { Seconds = seconds })],
            Reconstructions = [.. state.Reconstructions.Zip(reconstructionSeconds, (report, seconds) => report with { Seconds = seconds })],
            Layers = [.. state.Layers.Zip(layerSeconds, (report, seconds) => report with { Seconds = seconds })],
        };

    static double Work(LayerBlocks layer) => (double)layer.Weight.Count * layer.K * (layer.Iterations + 1);

    // Per cent of the products that clustering takes.
    double Percent(double work) => totalWork > 0 ? 100 * work / totalWork : 100;

    long Now => options.Clock?.GetTimestamp() ?? 0;

    double Elapsed() => options.Clock?.GetElapsedTime(started).TotalSeconds ?? 0;
}
