using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Compression.Training;

/// <summary>Training of a compressed classifier on what the dense network gives on the same images: its answers, and the values at the ends
/// of its blocks. No labels are read. Norms keep their running statistics.</summary>
/// <remarks>Answers alone fit the photographs and not others; values within the network hold it back (docs/decisions.md).</remarks>
public sealed class Distillation
{
    /// <summary>Name of the share of images for which both networks have the same first answer.</summary>
    public const string Agreement = "agreement";

    readonly Graph graph;
    readonly Parameters parameters;
    readonly DistillationOptions options;
    readonly LabelledData data;
    readonly Device device;

    // Below it SmoothL1 is half the square over it; values of networks are smaller.
    const float SquareBelow = 1e6f;

    readonly TrainingPlan plan;
    readonly InferencePlan teacher;
    readonly ImmutableDictionary<string, Tensor<float>> trainable;

    Distillation(Graph graph, Parameters parameters, Parameters dense, DistillationOptions options, LabelledData data)
    {
        (this.graph, this.parameters, this.options, this.data) = (graph.Logits(), parameters, options, data);
        device = parameters.Tensors().First().Device;
        var blocks = new Graph(this.graph.Nodes, [.. BlockEnds.Of(this.graph, data.BatchShape), this.graph.Output]);
        plan = TrainingPlan.Create(blocks, parameters, data.BatchShape);
        teacher = InferencePlan.Compile(blocks, dense, device, data.BatchShape);
        trainable = Trainable.Of(graph, parameters);
    }

    /// <summary>The training of a compressed classifier.</summary>
    /// <param name="graph">Images to logits. A softmax that ends it is left out.</param>
    /// <param name="parameters">Values of the compressed network, which steps overwrite.</param>
    /// <param name="dense">Values of the dense network, on the same device.</param>
    /// <param name="options">The loss.</param>
    /// <param name="data">Images, whose classes are not read.</param>
    /// <remarks>Indices of codes and the dense network's plan belong to the innermost scope.</remarks>
    public static TrainingTask<LabelledBatch> Task(
        Graph graph,
        Parameters parameters,
        Parameters dense,
        DistillationOptions options,
        LabelledData data
    )
    {
        var distillation = new Distillation(graph, parameters, dense, options, data);
        return new()
        {
            Trainable = distillation.trainable,
            RateFactors = distillation.trainable.ToImmutableDictionary(pair => pair.Key, pair => RootMeanSquare(pair.Value)),
            Epoch = data.Epoch,
            Evaluate = distillation.Evaluate,
            Validate = distillation.Validate,
            Score = Metrics.Loss,
        };
    }

    /// <summary>Values of a tensor differ in size from layer to layer: each changes by a part of its own size.</summary>
    static double RootMeanSquare(Tensor<float> tensor)
    {
        double sum = tensor.ToArray().Sum(value => (double)value * value);
        return Math.Sqrt(sum / Math.Max(1, tensor.Shape.Count));
    }

    Tensor<float> Images(LabelledBatch batch) =>
        Tensor<float>.From(device, [batch.Classes.Length, data.BatchShape[1], data.BatchShape[2], data.BatchShape[3]], batch.Images.Span);

    Result<Evaluation<StepResult>, PqfError> Evaluate(LabelledBatch batch, Action<FinalGradient> final)
    {
        var images = Images(batch);
        var wanted = teacher.RunAll(images);
        var soft = Softmax.Forward(Scale.Forward(wanted[^1], 1 / (float)options.Temperature));
        float[] factors = [.. wanted[..^1].Select(BlockFactor)];
        var evaluation = Grad.ValueAndGrad(
            (tape, variables) =>
            {
                var outputs = plan.Run(tape, variables, images, NormMode.Running).Outputs;
                var loss = AnswerLoss(tape, outputs[^1], soft);
                for (int i = 0; i < factors.Length; i++)
                    loss = tape.Apply(new Add.Function(), loss, BlockLoss(tape, outputs[i], wanted[i], factors[i] / factors.Length));
                return (loss, tape.Keep(outputs[^1].Value));
            },
            (name, gradient) => final(new(name, gradient, batch.Classes.Length))
        )(trainable);
        return new Evaluation<StepResult>(
            evaluation.Loss,
            evaluation.Gradients,
            new(Measure(wanted[^1].ToArray(), evaluation.Extra.ToArray(), batch.Classes.Length), [])
        );
    }

    Variable AnswerLoss(Tape tape, Variable logits, Tensor<float> soft)
    {
        double temperature = options.Temperature;
        var scaled = tape.Apply(new Scale.Function(1 / (float)temperature), logits);
        var loss = tape.Apply(new CrossEntropy.Function(), scaled, Tape.Constant(soft));
        return tape.Apply(new Scale.Function((float)(options.AnswerWeight * temperature * temperature)), loss);
    }

    static Variable BlockLoss(Tape tape, Variable value, Tensor<float> wanted, float factor) =>
        tape.Apply(new Scale.Function(factor), tape.Apply(new SmoothL1.Function(SquareBelow), value, Tape.Constant(wanted)));

    /// <summary>What a block's sum of losses is multiplied by: its squared error then counts as a part of the variance of the dense
    /// network's value.</summary>
    float BlockFactor(Tensor<float> wanted)
    {
        double sum = 0,
            squares = 0;
        foreach (float value in wanted.ToArray())
        {
            sum += value;
            squares += (double)value * value;
        }

        double variance = squares - (sum * sum / Math.Max(1, wanted.Shape.Count));
        return variance > 0 ? (float)(options.BlockWeight * 2 * SquareBelow / variance) : 0;
    }

    /// <summary>Compares the network, with values as files hold them, with the dense one.</summary>
    Result<Metrics, PqfError> Validate(CancellationToken cancellation)
    {
        using var scope = device.BeginScope();
        var network = InferencePlan.Compile(graph, parameters.AsStored(), device, data.BatchShape);
        var sum = Metrics.None;
        foreach (var result in data.Validation())
        {
            cancellation.ThrowIfCancellationRequested();
            if (result is not Result<LabelledBatch, PqfError>.Ok(var batch))
                return ((Result<LabelledBatch, PqfError>.Error)result).Value;
            using (device.BeginScope())
            {
                var images = Images(batch);
                sum += Measure(teacher.RunAll(images)[^1].ToArray(), network.Run(images).ToArray(), batch.Classes.Length);
            }
        }

        return sum;
    }

    /// <summary>Mean divergence of the second network's answers from the first's, in nats, and the share of first answers that are the
    /// same.</summary>
    static Metrics Measure(float[] wanted, float[] got, int count)
    {
        int classCount = wanted.Length / count,
            same = 0;
        double divergence = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> one = wanted.AsSpan(i * classCount, classCount),
                other = got.AsSpan(i * classCount, classCount);
            divergence += Divergences.Of(one, other);
            same += Ranking.First(one) == Ranking.First(other) ? 1 : 0;
        }

        return new(count, [new(Metrics.Loss, divergence / count), new(Agreement, (double)same / count)]);
    }
}
