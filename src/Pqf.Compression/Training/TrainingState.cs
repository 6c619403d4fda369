using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Everything that a run carries from step to step. Its tensors are overwritten in place by every step.</summary>
/// <param name="Parameters">The network's values, norms unfolded.</param>
/// <param name="Optimizer">Averages of gradients.</param>
/// <param name="Schedule">Where the learning rate stands.</param>
/// <param name="Progress">How far the run is.</param>
public sealed record TrainingState(Parameters Parameters, OptimizerState Optimizer, ScheduleState Schedule, TrainingProgress Progress)
{
    /// <summary>The state before the first step.</summary>
    /// <param name="parameters">The network's values.</param>
    /// <param name="trainable">Those that steps change; averages of their gradients belong to the innermost scope.</param>
    /// <param name="options">How they are changed.</param>
    /// <param name="initial">What was measured of them.</param>
    public static TrainingState Start(
        Parameters parameters,
        ImmutableDictionary<string, Tensor<float>> trainable,
        TrainingOptions options,
        ImmutableArray<InitialRecord> initial = default
    ) =>
        new(
            parameters,
            options.Optimizer.Start(trainable),
            Autodiff.Schedule.Start(options.LearningRate),
            TrainingProgress.Start with
            {
                Initial = initial.IsDefault ? [] : initial,
            }
        );
}
