using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>Some images and what is to be found in them.</summary>
/// <param name="Images">One at least, of any sizes.</param>
/// <param name="Targets">One for each image.</param>
/// <param name="Key">Draws the anchors and boxes that train: equal keys give equal steps.</param>
public sealed record DetectorBatch(IReadOnlyList<Photograph> Images, IReadOnlyList<DetectionTarget> Targets, RngKey Key);

/// <summary>Training of Mask R-CNN by the sum of its five losses.</summary>
public static class DetectorTask
{
    /// <summary>Metrics of a validation: COCO's average precision of boxes and of masks, over IoU 0.50 to 0.95 and at 0.50.</summary>
    public const string BoxAp = "box_ap",
        BoxAp50 = "box_ap50",
        MaskAp = "mask_ap",
        MaskAp50 = "mask_ap50";

    /// <summary>The training of a detector.</summary>
    /// <param name="architecture">A <c>maskrcnn</c>, with its thresholds.</param>
    /// <param name="graph">The whole network.</param>
    /// <param name="parameters">Its values, which steps overwrite.</param>
    /// <param name="epoch">As <see cref="TrainingTask{TBatch}.Epoch"/>.</param>
    /// <param name="validate">Measures it; gives <see cref="BoxAp"/> among others.</param>
    /// <param name="afterStage">Called after each stage of a step's evaluation, for measurements.</param>
    /// <param name="cut">As <see cref="TrainingTask{TBatch}.Cut"/>.</param>
    /// <remarks>Indices of codes belong to the innermost scope.</remarks>
    public static TrainingTask<DetectorBatch> Create(
        Architecture architecture,
        Graph graph,
        Parameters parameters,
        Func<int, int, IEnumerable<Result<DetectorBatch, PqfError>>> epoch,
        Func<CancellationToken, Result<Metrics, PqfError>> validate,
        Action<DetectionTrainingStage>? afterStage = null,
        StepCut? cut = null
    )
    {
        var training = DetectionTraining.Create(architecture, parameters);
        var trainable = MaskRcnn.Family.TrainableOf(graph, parameters);
        return new()
        {
            Trainable = trainable,
            Epoch = epoch,
            Cut = cut,
            Evaluate = (batch, final) => Evaluate(training, trainable, batch, final, afterStage),
            Validate = validate,
            Score = BoxAp,
        };
    }

    static Result<Evaluation<StepResult>, PqfError> Evaluate(
        DetectionTraining training,
        ImmutableDictionary<string, Tensor<float>> trainable,
        DetectorBatch batch,
        Action<FinalGradient> final,
        Action<DetectionTrainingStage>? afterStage
    )
    {
        var evaluation = Grad.ValueAndGrad(
            (tape, variables) =>
            {
                var losses = training.Losses(tape, variables, batch.Images, batch.Targets, batch.Key, afterStage);
                return (
                    losses.Total(tape),
                    losses.Named.Select(loss => new Mean(loss.Name, loss.Value.Value.ToArray()[0])).ToImmutableArray()
                );
            },
            (name, gradient) => final(new(name, gradient, batch.Images.Count))
        )(trainable);
        afterStage?.Invoke(DetectionTrainingStage.FeaturesBackward);
        var metrics = new Metrics(batch.Images.Count, [new(Metrics.Loss, evaluation.Loss.ToArray()[0]), .. evaluation.Extra]);
        return new Evaluation<StepResult>(evaluation.Loss, evaluation.Gradients, new(metrics, []));
    }
}
