using System.Collections.Immutable;
using System.Globalization;
using Pqf.Autodiff;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Trains a network, dense or quantised, by gradient descent on labelled images.</summary>
public sealed class Trainer
{
    readonly Graph graph;
    readonly Device device;
    readonly TrainingOptions options;
    readonly TrainingPlan plan;
    readonly ImmutableDictionary<string, Tensor<float>> trainable;

    /// <summary>Prepares a run.</summary>
    /// <param name="graph">A classifier.</param>
    /// <param name="state">Where to start, or to go on from; its tensors must live until the last event.</param>
    /// <param name="options">How to train.</param>
    /// <param name="imageShape">[N, H, W, C] of a batch.</param>
    /// <remarks>Indices of codes belong to the innermost scope.</remarks>
    /// <exception cref="ShapeException">The images do not fit the network.</exception>
    public Trainer(Graph graph, TrainingState state, TrainingOptions options, Shape imageShape)
    {
        (this.graph, this.options, State) = (graph, options, state);
        device = state.Parameters.Tensors().First().Device;
        plan = TrainingPlan.Create(graph, state.Parameters, imageShape);
        trainable = Trainable.Of(graph, state.Parameters);
    }

    /// <summary>After the last event.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Trains to the last epoch.</summary>
    /// <param name="data">Images.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/> between two steps: <see cref="State"/> is whole.</param>
    /// <returns>Events, made as they are asked for. No scope is open between them.</returns>
    public IEnumerable<TrainingEvent> Run(TrainingData data, CancellationToken cancellation = default)
    {
        if (options.ValidatesFirst && State.Progress == TrainingProgress.Start)
            foreach (var step in Validate(data, metrics => new TrainingEvent.Validated(metrics), cancellation))
                yield return step;
        while (State.Progress.Epoch < options.Epochs)
        {
            foreach (var batch in data.Epoch(State.Progress.Epoch, State.Progress.Batch))
            {
                cancellation.ThrowIfCancellationRequested();
                var step = batch.Match(Step, error => new TrainingEvent.Failed(error));
                yield return step;
                if (step is TrainingEvent.Failed)
                    yield break;
            }

            foreach (var step in Validate(data, FinishEpoch, cancellation))
            {
                yield return step;
                if (step is TrainingEvent.Failed)
                    yield break;
            }
        }
    }

    /// <summary>One step on one batch.</summary>
    TrainingEvent Step(LabelledBatch batch)
    {
        using var scope = device.BeginScope();
        var images = Tensor<float>.From(device, batch.Shape, batch.Images.Span);
        var evaluation = Evaluate(images, batch.Classes.Span);
        float loss = evaluation.Loss.ToArray()[0];
        double rate = State.Schedule.LearningRate;
        if (!float.IsFinite(loss))
            return new TrainingEvent.Failed(Diverged(evaluation.Extra, loss, rate));
        var optimiser = options.Optimiser.Step(trainable, evaluation.Gradients, State.Optimiser, rate);
        Norms.Update(State.Parameters, evaluation.Extra.Norms);
        var metrics = Measure(evaluation.Extra.Logits, batch.Classes.Span) with { Loss = loss };
        State = State with { Optimiser = optimiser, Schedule = options.Schedule.AfterBatch(State.Schedule), Progress = State.Progress.After(metrics) };
        return new TrainingEvent.Stepped(State.Progress, metrics, rate);
    }

    Evaluation<(Tensor<float> Logits, ImmutableArray<NormStatistics> Norms)> Evaluate(Tensor<float> images, ReadOnlySpan<int> classes)
    {
        int classCount = GraphShapes.Of(graph, images.Shape)[graph.Output].Last;
        var target = OneHot.Create(device, classes, classCount, options.LabelSmoothing);
        var soft = options.Teacher is { } teacher ? Softmax.Forward(Scale.Forward(teacher.Network.Run(images), 1 / teacher.Temperature)) : null;
        return Grad.ValueAndGrad((tape, variables) =>
        {
            var forward = plan.Run(tape, variables, images, NormMode.Batch);
            return (Loss(tape, forward.Output, target, soft), (tape.Keep(forward.Output.Value), forward.Norms));
        })(trainable);
    }

    Variable Loss(Tape tape, Variable logits, Tensor<float> target, Tensor<float>? soft)
    {
        var hard = tape.CrossEntropy(logits, target);
        if (options.Teacher is not { } teacher || soft is null)
            return hard;
        var learnt = tape.CrossEntropy(tape.Scale(logits, 1 / teacher.Temperature), soft);
        return tape.Add(tape.Scale(hard, 1 - teacher.Weight), tape.Scale(learnt, teacher.Weight * teacher.Temperature * teacher.Temperature));
    }

    /// <summary>Names the first layer whose input was not finite any more.</summary>
    PqfError.Layer Diverged((Tensor<float> Logits, ImmutableArray<NormStatistics> Norms) seen, float loss, double rate)
    {
        string layer = seen.Norms.FirstOrDefault(norm => !norm.Mean.ToArray().All(float.IsFinite) || !norm.Variance.ToArray().All(float.IsFinite))?.Layer
            ?? graph.Nodes.OfType<Node.Linear>().LastOrDefault()?.Layer ?? "the output";
        return new PqfError.Layer(layer, string.Create(
            CultureInfo.InvariantCulture,
            $"the loss is {loss} at epoch {State.Progress.Epoch}, batch {State.Progress.Batch}, learning rate {rate:g4}: its values are not finite. The last saved state is untouched; a lower learning_rate may help"));
    }

    TrainingEvent FinishEpoch(Metrics validation)
    {
        var progress = State.Progress;
        var epoch = new EpochRecord(progress.Epoch, progress.Training, validation, State.Schedule.LearningRate);
        bool isBest = progress.Best is not { } best || validation.Accuracy > best.Validation.Accuracy;
        State = State with { Schedule = options.Schedule.AfterEpoch(State.Schedule, validation.Accuracy), Progress = progress.After(epoch) };
        return new TrainingEvent.EpochFinished(State.Progress, epoch, isBest);
    }

    IEnumerable<TrainingEvent> Validate(TrainingData data, Func<Metrics, TrainingEvent> finish, CancellationToken cancellation)
    {
        var network = new Validation(graph, State.Parameters, device);
        Metrics soFar = default;
        foreach (var batch in data.Validation())
        {
            cancellation.ThrowIfCancellationRequested();
            if (batch is Result<LabelledBatch, PqfError>.Error error)
            {
                yield return new TrainingEvent.Failed(error.Value);
                yield break;
            }

            soFar += network.Measure(((Result<LabelledBatch, PqfError>.Ok)batch).Value);
            yield return new TrainingEvent.Validating(soFar);
        }

        yield return finish(soFar);
    }

    /// <summary>Accuracy and mean cross-entropy of some logits.</summary>
    internal static Metrics Measure(Tensor<float> logits, ReadOnlySpan<int> classes)
    {
        int classCount = logits.Shape[1], correct = 0;
        double loss = 0;
        float[] values = logits.ToArray();
        for (int i = 0; i < classes.Length; i++)
        {
            var row = values.AsSpan(i * classCount, classCount);
            if (Ranking.RankOf(row, classes[i]) == 0)
                correct++;
            double largest = double.NegativeInfinity, sum = 0;
            foreach (float value in row)
                largest = Math.Max(largest, value);
            foreach (float value in row)
                sum += Math.Exp(value - largest);
            loss += largest + Math.Log(sum) - row[classes[i]];
        }

        return new(loss / classes.Length, correct, classes.Length);
    }
}
