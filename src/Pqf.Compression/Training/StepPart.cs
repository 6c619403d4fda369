using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Updates;

namespace Pqf.Compression.Training;

/// <summary>Averages over some images of a step: of gradients, norms' statistics, loss and metrics.</summary>
/// <param name="ImageCount">Images.</param>
/// <param name="BatchCount">Micro-batches.</param>
/// <param name="Values">In the order of <see cref="StepForm"/>; overwritten when parts are combined.</param>
/// <param name="Means">Metrics.</param>
/// <param name="Scope">Holds the values.</param>
sealed record StepPart(int ImageCount, int BatchCount, ImmutableArray<Tensor<float>> Values, ImmutableArray<double> Means, Scope Scope)
{
    /// <summary>The average over both parts' images, each part by its share, in the left one's memory. The right one's is given
    /// back.</summary>
    /// <remarks>Parts of equal size have the weight ½, so that only the sum is rounded. The right part may lack gradients, which are
    /// averaged elsewhere then.</remarks>
    public static StepPart Combine(StepPart left, StepPart right)
    {
        int count = left.ImageCount + right.ImageCount;
        for (int i = 0; i < right.Values.Length; i++)
            Average(left.Values[i], left.ImageCount, right.Values[i], right.ImageCount);
        right.Scope.Dispose();
        return left with
        {
            ImageCount = count,
            BatchCount = left.BatchCount + right.BatchCount,
            Means = [.. left.Means.Zip(right.Means, (a, b) => ((a * left.ImageCount) + (b * right.ImageCount)) / count)],
        };
    }

    /// <summary>The average of two values of neighbours, over the left one.</summary>
    public static void Average(Tensor<float> left, int leftCount, Tensor<float> right, int rightCount) =>
        RunningAverage.Update(left, right, (float)((double)rightCount / (leftCount + rightCount)));
}

/// <summary>A norm of a step.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Channels">C of its mean and its variance.</param>
/// <param name="PixelCount">Values of a channel in one image.</param>
sealed record NormForm(string Layer, int Channels, int PixelCount);

/// <summary>What a step gives beside gradients: it follows from the network, and is known after one evaluation.</summary>
/// <param name="Metrics">Names.</param>
/// <param name="Norms">In the network's order.</param>
sealed record StepForm(ImmutableArray<string> Metrics, ImmutableArray<NormForm> Norms)
{
    /// <summary>The form of an evaluation.</summary>
    public static StepForm Of(StepResult result) =>
        new(
            [.. result.Metrics.Means.Select(mean => mean.Name)],
            [.. result.Norms.Select(norm => new NormForm(norm.Layer, norm.Mean.Shape.Count, norm.Count / result.Metrics.Count))]
        );

    /// <summary>Shapes of a step's values: mean and variance of each norm, the loss, gradients in the order of their names.</summary>
    public ImmutableArray<Shape> Shapes(ImmutableDictionary<string, Tensor<float>> trainable) =>
        [
            .. Norms.SelectMany(norm =>
                (Shape[])
                    [
                        [norm.Channels],
                        [norm.Channels],
                    ]
            ),
            new Shape(),
            .. Names(trainable).Select(name => trainable[name].Shape),
        ];

    /// <summary>An evaluation as a part of a step.</summary>
    public static StepPart PartOf(Evaluation<StepResult> evaluation, Scope scope) =>
        new(
            evaluation.Extra.Metrics.Count,
            1,
            [
                .. evaluation.Extra.Norms.SelectMany(norm => (Tensor<float>[])[norm.Mean, norm.Variance]),
                evaluation.Loss,
                .. Names(evaluation.Gradients).Select(name => evaluation.Gradients[name]),
            ],
            [.. evaluation.Extra.Metrics.Means.Select(mean => mean.Value)],
            scope
        );

    /// <summary>A whole step as an evaluation.</summary>
    public Evaluation<StepResult> EvaluationOf(StepPart whole, ImmutableDictionary<string, Tensor<float>> trainable)
    {
        ImmutableArray<string> names = Names(trainable);
        var metrics = new Metrics(whole.ImageCount, [.. Metrics.Zip(whole.Means, (name, value) => new Mean(name, value))]);
        var norms = Norms.Select(
            (norm, i) =>
                new NormStatistics(norm.Layer, whole.Values[2 * i], whole.Values[(2 * i) + 1], norm.PixelCount * whole.ImageCount)
                {
                    BatchCount = whole.BatchCount,
                }
        );
        return new(
            whole.Values[2 * Norms.Length],
            names.Zip(whole.Values.TakeLast(names.Length)).ToImmutableDictionary(pair => pair.First, pair => pair.Second),
            new(metrics, [.. norms])
        );
    }

    /// <summary>Names of parameters in the order of their gradients.</summary>
    public static ImmutableArray<string> Names(ImmutableDictionary<string, Tensor<float>> tensors) =>
        [.. tensors.Keys.Order(StringComparer.Ordinal)];
}

/// <summary>JSON of a form, without reflection.</summary>
[JsonSerializable(typeof(StepForm))]
sealed partial class StepFormJson : JsonSerializerContext;
