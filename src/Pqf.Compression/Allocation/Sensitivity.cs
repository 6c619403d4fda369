using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Allocation;

/// <summary>How much the network's outputs suffer if one layer alone is quantised.</summary>
/// <param name="error">Of the outputs.</param>
/// <param name="dense">The dense network's values, on the device of the outputs.</param>
/// <param name="cancellation">Ends it before a trial with an <see cref="OperationCanceledException"/>.</param>
sealed class Sensitivity(OutputError error, Parameters dense, CancellationToken cancellation)
{
    // Iterations of the clustering that makes the errors.
    const int Iterations = 5;

    // Errors that a layer is given to see what they do; between them the effect is taken to be straight.
    static readonly ImmutableArray<double> triedErrors = [0.1, 0.3, 0.6];

    /// <summary>A layer's choices with the effects of clustering alone.</summary>
    /// <inheritdoc cref="Measure(LayerBlocks, ImmutableArray{LayerChoice}, RngKey, Parameters, LayerTrials.Trial)"/>
    public ImmutableArray<LayerChoice> Measure(LayerBlocks layer, ImmutableArray<LayerChoice> choices, RngKey key) =>
        Measure(
            layer,
            choices,
            key,
            dense,
            (_, start, measure) =>
            {
                using var scope = dense.Tensors().First().Device.BeginScope();
                return measure(dense.With(layer.WeightName, new Weight.Dense(start().Decode())));
            }
        );

    /// <summary>A layer's choices with their effects.</summary>
    /// <param name="layer">Which.</param>
    /// <param name="choices">From the smallest to the largest. Tried are those with codes whose errors are nearest to a few usual
    /// ones.</param>
    /// <param name="key">The layer's own randomness.</param>
    /// <param name="original">The dense network's values where trials run.</param>
    /// <param name="trial">Quantises the layer and calibrates it.</param>
    public ImmutableArray<LayerChoice> Measure(
        LayerBlocks layer,
        ImmutableArray<LayerChoice> choices,
        RngKey key,
        Parameters original,
        LayerTrials.Trial trial
    )
    {
        (double Error, double Effect)[] tried =
        [
            (0, 0),
            .. triedErrors
                .Select(wanted => choices.Where(choice => choice.Form is LayerForm.Codes).MinBy(choice => Math.Abs(choice.Error - wanted)))
                .OfType<LayerChoice>()
                .Distinct()
                .OrderBy(choice => choice.Error)
                .Where(choice => choice.Error > 0)
                .Select(choice => (choice.Error, Try(layer, (LayerForm.Codes)choice.Form, key, original, trial))),
        ];
        return [.. choices.Select(choice => choice with { Effect = Between(tried, choice.Error) })];
    }

    double Try(LayerBlocks layer, LayerForm.Codes form, RngKey key, Parameters original, LayerTrials.Trial trial)
    {
        cancellation.ThrowIfCancellationRequested();
        var weight = original[layer.WeightName];
        return trial(
            layer with
            {
                D = form.D,
                K = form.K,
            },
            () => Distortion.Clustered(weight, form.D, form.K, Iterations, key.Fold("sensitivity")),
            tried => EffectOf(tried, original)
        );
    }

    /// <summary>The effect of values that are not the original ones.</summary>
    double EffectOf(Parameters tried, Parameters original)
    {
        var device = dense.Tensors().First().Device;
        using var scope = device.BeginScope();
        return error.Of(
            tried
                .Values.Where(pair => !ReferenceEquals(pair.Value, original[pair.Key]))
                .Aggregate(dense, (all, pair) => all.With(pair.Key, pair.Value.On(device)))
        );
    }

    /// <summary>The effect of an error: on the straight line between two that were tried, beyond them on the line through the last
    /// two.</summary>
    static double Between((double Error, double Effect)[] tried, double error)
    {
        if (tried.Length == 1)
            return error;
        int above = Math.Clamp(
            Array.FindIndex(tried, point => point.Error >= error) is var i && i < 0 ? tried.Length - 1 : i,
            1,
            tried.Length - 1
        );
        var (from, to) = (tried[above - 1], tried[above]);
        return from.Effect + ((to.Effect - from.Effect) * (error - from.Error) / (to.Error - from.Error));
    }
}
