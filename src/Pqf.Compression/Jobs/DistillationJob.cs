using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>When a compression trains the network on the dense network's answers, and on what.</summary>
/// <param name="Options">How.</param>
public sealed record DistillationPlan(DistillationOptions Options)
{
    /// <summary>Minutes from the start of the compression in which calibration should be done; null for <see
    /// cref="DistillationOptions.Steps"/> however long they take.</summary>
    public double? Minutes { get; init; }

    /// <summary>When the compression started, as its clock has it.</summary>
    internal long Begun { get; init; }
}

/// <summary>The part of a compression that trains the network on the dense network's answers.</summary>
static class DistillationJob
{
    // Of fewer, the fifth held back would be three photographs or less, which cannot tell two networks apart.
    const int LeastPhotographs = 16;

    // With fewer steps the cosine ends before anything is learnt.
    const int LeastSteps = 50;

    /// <summary>The options without distillation where the network or the photographs do not allow it, and with the photographs held back
    /// else.</summary>
    /// <param name="network">Dense.</param>
    /// <param name="options">As checked.</param>
    /// <param name="progress">Receives a line that says which.</param>
    public static CompressOptions Settled(Network network, CompressOptions options, IProgress<JobProgress>? progress)
    {
        if (options is not { Distillation: { } plan, Images: { } images })
            return options with { Distillation = null };
        int usable = images.UsableCount(options.Skipped);
        if (Missing(network, usable) is { } missing)
        {
            progress.Note($"calibration stops after level layers: level network needs {missing}");
            return options with { Distillation = null };
        }

        var (seen, held) = LossSearch.Split(images, options.Key);
        progress.Note(
            $"{held.UsableCount(options.Skipped)} of {Plural.Of(usable, "photograph")} are held back from calibration: the "
                + "network that comes closest to the dense network's answers on them is kept"
        );
        return options with { Images = seen, HeldBack = held, Distillation = plan with { Begun = options.Clock?.GetTimestamp() ?? 0 } };
    }

    static string? Missing(Network network, int imageCount) =>
        Networks.TaskOf(network.Architecture) != NetworkTask.Classification ? "a network that classifies images"
        : imageCount < LeastPhotographs ? $"{LeastPhotographs} photographs at least, a fifth of which is held back; got {imageCount}"
        : null;

    /// <summary>The step, if there is to be one.</summary>
    /// <param name="network">Dense.</param>
    /// <param name="options">Settled.</param>
    /// <param name="progress">Receives the number of steps that there is time for.</param>
    /// <param name="cancellation">Ends the loading.</param>
    public static ImmutableArray<ICompressionStep> Steps(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (options is not { Distillation: { } plan, Images: { } seen, HeldBack: { } held })
            return [];
        return
        [
            new Distil(
                steps => Data(network, seen, held, options, plan.Options with { Steps = steps }, cancellation),
                plan.Options,
                plan.Minutes is { } minutes && options.Clock is { } clock
                    ? step => StepsIn(TimeSpan.FromMinutes(minutes), clock, plan.Begun, step, progress)
                    : null
            ),
        ];
    }

    /// <summary>Steps that fit in what is left of some time, given one step: the second one is timed, as the first prepares.</summary>
    static int StepsIn(TimeSpan time, TimeProvider clock, long begun, Action step, IProgress<JobProgress>? progress)
    {
        step();
        long before = clock.GetTimestamp();
        step();
        double seconds = Math.Max(1e-3, clock.GetElapsedTime(before).TotalSeconds),
            left = (time - clock.GetElapsedTime(begun)).TotalSeconds;
        int count = (int)Math.Clamp(left / seconds, 0, 1e6);
        progress.Note(
            string.Create(
                CultureInfo.InvariantCulture,
                $"calibrate_minutes {time.TotalMinutes:0.##}: {Math.Max(0, left):0} s are left, and a step takes {seconds:0.00} s: "
            )
                + (
                    count < LeastSteps
                        ? $"fewer than {LeastSteps} steps fit, so calibration stops after level layers"
                        : $"{count} steps fit (calibrate_steps {count} repeats them, however fast the machine is)"
                )
        );
        return count < LeastSteps ? 0 : count;
    }

    static LabelledData Data(
        Network network,
        ImageSet seen,
        ImageSet held,
        CompressOptions options,
        DistillationOptions how,
        CancellationToken cancellation
    )
    {
        int batch = Math.Min(how.BatchSize, seen.Count),
            perRound = how.StepsPerRound;
        ImmutableArray<int> order = CalibrationImages.Order(seen, options);
        ImmutableArray<int> places = [.. Enumerable.Range(0, how.Steps * batch).Select(i => order[i % order.Length])];
        var data = new LabelledBatches(
            new TrainingSets(new ImageSet.Part(seen, places), held),
            network.Preprocessing,
            new BatchOptions
            {
                BatchSize = batch,
                ThreadCount = options.LoaderThreadCount,
                Augmentation = how.Augmentation,
                Skipped = options.Skipped,
            },
            options.Key.Fold("distil"),
            cancellation
        ).Data;
        // All steps are one pass over the photographs, each of which occurs many times; rounds are parts of it.
        return data with { Epoch = (round, first) => data.Epoch(0, (round * perRound) + first).Take(perRound - first) };
    }
}
