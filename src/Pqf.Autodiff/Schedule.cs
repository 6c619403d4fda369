using System.Collections.Immutable;
using System.Diagnostics;

namespace Pqf.Autodiff;

/// <summary>The direction in which a metric gets better.</summary>
public enum Better
{
    /// <summary>Losses.</summary>
    Lower,

    /// <summary>Accuracies.</summary>
    Higher,
}

/// <summary>The state of a schedule. A run resumes from it.</summary>
/// <param name="LearningRate">Of the next step.</param>
/// <param name="StartRate">Of the first step.</param>
/// <param name="BatchCount">Batches done.</param>
/// <param name="EpochCount">Epochs done.</param>
/// <param name="Best">Best metric so far; none before the first epoch.</param>
/// <param name="BadEpochCount">Epochs since without a better one.</param>
public sealed record ScheduleState(
    double LearningRate,
    double StartRate,
    int BatchCount = 0,
    int EpochCount = 0,
    double? Best = null,
    int BadEpochCount = 0
);

/// <summary>How the learning rate changes during a run.</summary>
public abstract record Schedule
{
    // What counts as better, as a share of the best, and the least change of the rate that is made: PyTorch's defaults of
    // ReduceLROnPlateau.
    const double Threshold = 1e-4,
        LeastChange = 1e-8;

    Schedule() { }

    /// <summary>Always the same rate.</summary>
    public sealed record Constant : Schedule;

    /// <summary>Half a cosine from the start rate to the least one, by batch (Loshchilov and Hutter 2017, without restarts).</summary>
    /// <param name="BatchCount">Batches of the whole run; the rate stays the least one after them.</param>
    /// <param name="MinRate">The least rate.</param>
    public sealed record Cosine(int BatchCount, double MinRate = 0) : Schedule;

    /// <summary>The rate times a factor at each of some epochs.</summary>
    /// <param name="Milestones">Epochs done when the rate changes; one given twice counts twice.</param>
    /// <param name="Factor">Below 1 usually.</param>
    public sealed record MultiStep(ImmutableArray<int> Milestones, double Factor = 0.1) : Schedule;

    /// <summary>The rate times a factor whenever a metric has not become better for some epochs.</summary>
    /// <param name="Better">The metric's direction; the published code always takes lower for better, even of accuracies.</param>
    /// <param name="Patience">Epochs without a better metric that are waited for.</param>
    /// <param name="Factor">Below 1.</param>
    /// <param name="MinRate">The rate falls no further.</param>
    public sealed record Plateau(Better Better, int Patience = 10, double Factor = 0.1, double MinRate = 0) : Schedule;

    /// <summary>Before the first batch.</summary>
    /// <param name="learningRate">Of the first step.</param>
    public static ScheduleState Start(double learningRate) => new(learningRate, learningRate);

    /// <summary>After a batch.</summary>
    public ScheduleState AfterBatch(ScheduleState state)
    {
        int done = state.BatchCount + 1;
        state = state with { BatchCount = done };
        return this is Cosine cosine
            ? state with
            {
                LearningRate =
                    cosine.MinRate
                    + (
                        (state.StartRate - cosine.MinRate)
                        * (1 + Math.Cos(Math.PI * Math.Min(done, cosine.BatchCount) / cosine.BatchCount))
                        / 2
                    ),
            }
            : state;
    }

    /// <summary>After an epoch, whose batches are done too.</summary>
    /// <param name="state">Where the schedule stands.</param>
    /// <param name="metric">Of the epoch, such as the validation's accuracy.</param>
    public ScheduleState AfterEpoch(ScheduleState state, double metric)
    {
        int done = state.EpochCount + 1;
        state = state with { EpochCount = done };
        return this switch
        {
            Constant or Cosine => state,
            MultiStep s => state with
            {
                LearningRate = state.LearningRate * Math.Pow(s.Factor, s.Milestones.Count(milestone => milestone == done)),
            },
            Plateau s => AfterEpoch(s, state, metric),
            _ => throw new UnreachableException(),
        };
    }

    static ScheduleState AfterEpoch(Plateau plateau, ScheduleState state, double metric)
    {
        if (IsBetter(plateau.Better, metric, state.Best))
            return state with { Best = metric, BadEpochCount = 0 };
        if (state.BadEpochCount < plateau.Patience)
            return state with { BadEpochCount = state.BadEpochCount + 1 };
        double rate = Math.Max(state.LearningRate * plateau.Factor, plateau.MinRate);
        return state with { LearningRate = state.LearningRate - rate > LeastChange ? rate : state.LearningRate, BadEpochCount = 0 };
    }

    static bool IsBetter(Better better, double metric, double? best) =>
        best is not { } b ? !double.IsNaN(metric)
        : better == Better.Lower ? metric < b * (1 - Threshold)
        : metric > b * (1 + (b < 0 ? -Threshold : Threshold));
}
