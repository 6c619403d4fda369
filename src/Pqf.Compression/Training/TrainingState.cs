using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Everything that a run carries from step to step. Its tensors are overwritten in place by every step.</summary>
/// <param name="Parameters">The network's values, norms unfolded.</param>
/// <param name="Optimiser">Averages of gradients.</param>
/// <param name="Schedule">Where the learning rate stands.</param>
/// <param name="Progress">How far the run is.</param>
public sealed record TrainingState(Parameters Parameters, OptimiserState Optimiser, ScheduleState Schedule, TrainingProgress Progress)
{
    /// <summary>The state before the first step; averages belong to the innermost scope.</summary>
    public static TrainingState Start(Graph graph, Parameters parameters, TrainingOptions options) => new(
        parameters, options.Optimiser.Start(Trainable.Of(graph, parameters)), Autodiff.Schedule.Start(options.LearningRate), TrainingProgress.Start);
}
