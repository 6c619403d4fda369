using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Compression.Training;

/// <summary>How much of a loss comes from a teacher: (1 − w) · CE(labels) + w · T² · CE(teacher's answers), logits of both divided by T in
/// the second.</summary>
/// <param name="Weight">w, 0 to 1.</param>
/// <param name="Temperature">T, above 0.</param>
/// <remarks>Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2.</remarks>
public sealed record TeacherMix(double Weight = 0.5, double Temperature = 2);

/// <summary>A network whose answers are learnt beside the labels.</summary>
/// <param name="Network">Compiled for batches of the run's size.</param>
/// <param name="Mix">How much.</param>
public sealed record Teacher(InferencePlan Network, TeacherMix Mix);

/// <summary>What a classifier is trained for.</summary>
public sealed record ClassificationOptions
{
    /// <summary>Share of each label that is spread over all classes, 0 to 1.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>A network to learn from beside the labels; null for none.</summary>
    public Teacher? Teacher { get; init; }
}

/// <summary>Training of classifiers by cross-entropy.</summary>
public sealed class Classification
{
    /// <summary>Name of the share of examples whose class comes first.</summary>
    public const string Accuracy = "accuracy";

    readonly Graph graph;
    readonly Parameters parameters;
    readonly ClassificationOptions options;
    readonly LabelledData data;
    readonly Device device;
    readonly TrainingPlan plan;
    readonly ImmutableDictionary<string, Tensor<float>> trainable;

    Classification(Graph graph, Parameters parameters, ClassificationOptions options, LabelledData data)
    {
        (this.graph, this.parameters, this.options, this.data) = (graph.Logits(), parameters, options, data);
        device = parameters.Tensors().First().Device;
        plan = TrainingPlan.Create(this.graph, parameters, data.BatchShape);
        trainable = Trainable.Of(graph, parameters);
    }

    /// <summary>The training of a classifier.</summary>
    /// <param name="graph">Images to logits. A softmax that ends it is left out.</param>
    /// <param name="parameters">Its values, which steps overwrite.</param>
    /// <param name="options">The loss.</param>
    /// <param name="data">Images.</param>
    /// <remarks>Indices of codes belong to the innermost scope.</remarks>
    /// <exception cref="ShapeException">The images do not fit the network.</exception>
    public static TrainingTask<LabelledBatch> Task(Graph graph, Parameters parameters, ClassificationOptions options, LabelledData data)
    {
        var training = new Classification(graph, parameters, options, data);
        return new()
        {
            Trainable = training.trainable,
            Epoch = data.Epoch,
            Cut = data.Cut,
            Evaluate = training.Evaluate,
            Validate = cancellation => Validate(graph, parameters, data, cancellation),
            Score = Accuracy,
        };
    }

    /// <summary>Says whether batches of a size can be trained on: a norm that sees one value of a channel has no variance to divide
    /// by.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="batch">[N, H, W, C].</param>
    public static Result<Unit, PqfError> Check(Graph graph, Shape batch)
    {
        var shapes = GraphShapes.Of(graph, batch);
        for (int i = 0; i < shapes.Length; i++)
            if (graph.Nodes[i] is BatchNormLayer norm && shapes[i].Count <= shapes[i].Last)
                return new PqfError.Layer(
                    norm.Name,
                    $"expected more than one value of each channel to train on, got one: a batch of {Plural.Of(batch[0], "image")} of "
                        + $"{batch[1]}×{batch[2]}; another batch_size may help"
                );
        return default(Unit);
    }

    static Shape ShapeOf(LabelledBatch batch, LabelledData data) =>
        [batch.Classes.Length, data.BatchShape[1], data.BatchShape[2], data.BatchShape[3]];

    Result<Evaluation<StepResult>, PqfError> Evaluate(LabelledBatch batch, Action<FinalGradient> final) =>
        Check(graph, ShapeOf(batch, data))
            .Map(_ =>
            {
                var images = Tensor<float>.From(device, ShapeOf(batch, data), batch.Images.Span);
                int classCount = GraphShapes.Of(graph, images.Shape)[graph.Output].Last;
                var target = OneHot.Create(device, batch.Classes.Span, classCount, options.LabelSmoothing);
                var soft = options.Teacher is { } teacher
                    ? Softmax.Forward(Scale.Forward(teacher.Network.Run(images), 1 / (float)teacher.Mix.Temperature))
                    : null;
                var evaluation = Grad.ValueAndGrad(
                    (tape, variables) =>
                    {
                        var forward = plan.Run(tape, variables, images, NormMode.Batch);
                        return (Loss(tape, forward.Output, target, soft), (Logits: tape.Keep(forward.Output.Value), forward.Norms));
                    },
                    (name, gradient) => final(new(name, gradient, batch.Classes.Length))
                )(trainable);
                var metrics = Measure(evaluation.Extra.Logits, batch.Classes.Span);
                return new Evaluation<StepResult>(evaluation.Loss, evaluation.Gradients, new(metrics, evaluation.Extra.Norms));
            });

    Variable Loss(Tape tape, Variable logits, Tensor<float> target, Tensor<float>? soft)
    {
        var hard = tape.Apply(new CrossEntropy.Function(), logits, Tape.Constant(target));
        if (options.Teacher is not { Mix: var (weight, temperature) } || soft is null)
            return hard;
        var learnt = tape.Apply(new CrossEntropy.Function(), Scaled(logits, 1 / temperature), Tape.Constant(soft));
        return tape.Apply(new Add.Function(), Scaled(hard, 1 - weight), Scaled(learnt, weight * temperature * temperature));

        Variable Scaled(Variable x, double factor) => tape.Apply(new Scale.Function((float)factor), x);
    }

    /// <summary>Measures a network by its running statistics, and by values as files hold them.</summary>
    /// <param name="graph">Images to logits. A softmax that ends it is left out.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="data">Its validation images are used.</param>
    /// <param name="cancellation">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public static Result<Metrics, PqfError> Validate(
        Graph graph,
        Parameters parameters,
        LabelledData data,
        CancellationToken cancellation = default
    )
    {
        var device = parameters.Tensors().First().Device;
        using var scope = device.BeginScope();
        var network = InferencePlan.Compile(graph.Logits(), parameters.AsStored(), device, data.BatchShape);
        return data
            .Ranks.Agree(() => Measure(network, device, data, cancellation))
            .Map(own => data.Ranks.Gather(own, [Metrics.Loss, Accuracy]).Aggregate(Metrics.None, (sum, batch) => sum + batch));
    }

    /// <summary>Measures this rank's batches, one by one.</summary>
    static Result<ImmutableArray<Metrics>, PqfError> Measure(
        InferencePlan network,
        Device device,
        LabelledData data,
        CancellationToken cancellation
    )
    {
        var measured = ImmutableArray.CreateBuilder<Metrics>();
        foreach (var result in data.Validation())
        {
            cancellation.ThrowIfCancellationRequested();
            switch (result)
            {
                case Result<LabelledBatch, PqfError>.Error error:
                    return error.Value;
                case Result<LabelledBatch, PqfError>.Ok(var batch):
                    using (device.BeginScope())
                        measured.Add(
                            Measure(network.Run(Tensor<float>.From(device, ShapeOf(batch, data), batch.Images.Span)), batch.Classes.Span)
                        );
                    break;
            }
        }

        return measured.ToImmutable();
    }

    /// <summary>Mean cross-entropy, in nats, and accuracy of some logits [N, classes].</summary>
    internal static Metrics Measure(Tensor<float> logits, ReadOnlySpan<int> classes)
    {
        int classCount = logits.Shape[1],
            correct = 0;
        double loss = 0;
        float[] values = logits.ToArray();
        for (int i = 0; i < classes.Length; i++)
        {
            var row = values.AsSpan(i * classCount, classCount);
            if (Ranking.RankOf(row, classes[i]) == 0)
                correct++;
            loss += Divergences.CrossEntropyOf(row, classes[i]);
        }

        return new(classes.Length, [new(Metrics.Loss, loss / classes.Length), new(Accuracy, (double)correct / classes.Length)]);
    }
}
