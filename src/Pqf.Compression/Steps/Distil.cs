using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Training;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>Trains codebooks, norms, biases and dense layers on the dense network's answers to photographs without labels; codes stay.
/// The values that come closest to the dense network on photographs held back are kept: those of the start are among them.</summary>
/// <remarks>After a step that quantises.</remarks>
/// <param name="Data">Photographs, for a number of steps; those to validate on are held back from all steps before, too.</param>
/// <param name="Options">How.</param>
/// <param name="StepsIn">Steps that there is time for, given the step's evaluation; null takes those of the options.</param>
public sealed record Distil(Func<int, LabelledData> Data, DistillationOptions Options, Func<Action, int>? StepsIn = null) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => default(Unit);

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        ScopedIterator.Run(state.Parameters.Tensors().First().Device, scope => Run(state, scope, cancellation));

    IEnumerable<CompressionEvent> Run(CompressionState state, Scope scope, CancellationToken cancellation)
    {
        var device = state.Parameters.Tensors().First().Device;
        var (dense, parameters) = (state.Dense ?? state.Parameters, Copied(state.Parameters));
        var task = Distillation.Task(state.Graph, parameters, dense, Options, Data(Options.Steps));
        var begun = task.Validate(cancellation);
        if (begun is not Result<Metrics, PqfError>.Ok(var start))
        {
            yield return new CompressionEvent.Failed(((Result<Metrics, PqfError>.Error)begun).Value);
            yield break;
        }

        int count = StepsIn is null ? Options.Steps : StepsIn(() => Try(device, task));
        if (count != Options.Steps)
            task = task with { Epoch = Data(count).Epoch };
        var best = new Best(0, start, Copied(parameters));
        var trainer = new Trainer<LabelledBatch>(task, TrainingState.Start(parameters, task.Trainable, Training(count)), Training(count));
        int done = 0;
        foreach (var next in trainer.Run(cancellation))
        {
            done += next is TrainingEvent.Stepped ? 1 : 0;
            if (next is TrainingEvent.EpochFinished(_, var round, _) && round.Validation[Metrics.Loss] < best.Measured[Metrics.Loss])
                best = new(done, round.Validation, Overwritten(best.Parameters, parameters));
            if (Shown(next, done, count) is { } shown)
                yield return shown;
            if (next is TrainingEvent.Failed(not PqfError.Layer))
                yield break;
        }

        scope.KeepAll(best.Parameters.Tensors());
        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = best.Parameters,
                Layers = [.. state.Layers.Select(report => After(report, dense, best.Parameters))],
                Distillation = new(done, best.Step, start, best.Measured),
            }
        );
    }

    /// <summary>An error of a layer is of values that are not finite: what was best before is kept.</summary>
    static CompressionEvent? Shown(TrainingEvent next, int done, int count) =>
        next switch
        {
            TrainingEvent.Stepped => new CompressionEvent.Distilling(done, count),
            TrainingEvent.Failed(PqfError.Layer error) => new CompressionEvent.Noted(
                $"distillation ends after {done} of {count} steps: {error.Message}"
            ),
            TrainingEvent.Failed(var error) => new CompressionEvent.Failed(error),
            _ => null,
        };

    TrainingOptions Training(int count) =>
        new()
        {
            Epochs = Division.Ceil(count, Options.StepsPerRound),
            Optimizer = new Optimizer.Adam(),
            Schedule = new Schedule.Cosine(Math.Max(1, count)),
            LearningRate = Options.LearningRate,
        };

    /// <summary>What is reported of a layer, with its codebook as it is now.</summary>
    static LayerReport After(LayerReport before, Parameters dense, Parameters trained) =>
        trained[before.Blocks.WeightName] is Weight.Quantised weight
            ? LayerReport.Of(before.Blocks, dense[before.Blocks.WeightName], weight, before.RowScales) with
            {
                OutputError = before.OutputError,
                Seconds = before.Seconds,
            }
            : before;

    /// <summary>Evaluates a step of which nothing is kept.</summary>
    static void Try(Device device, TrainingTask<LabelledBatch> task)
    {
        using var scope = device.BeginScope();
        foreach (var batch in task.Epoch(0, 0).Take(1))
            _ = batch.Bind(images => task.Evaluate(images, _ => { }));
    }

    static Parameters Copied(Parameters parameters) =>
        new(
            parameters.Values.ToImmutableDictionary(
                pair => pair.Key,
                pair =>
                    pair.Value.Match<Weight>(
                        own => own with { Value = Copied(own.Value) },
                        own => own with { Codebook = Copied(own.Codebook) }
                    )
            )
        );

    static Tensor<float> Copied(Tensor<float> tensor) => Tensor<float>.From(tensor.Device, tensor.Shape, tensor.ToArray());

    /// <summary>Gives values the numbers of others; codes are the same in both.</summary>
    static Parameters Overwritten(Parameters values, Parameters by)
    {
        foreach (var (to, from) in values.Values.Keys.Select(name => (values[name], by[name])))
            Floats(to).Overwrite(Floats(from).ToArray());
        return values;
    }

    static Tensor<float> Floats(Weight weight) => weight.Match(own => own.Value, own => own.Codebook);

    /// <summary>The best network so far.</summary>
    sealed record Best(int Step, Metrics Measured, Parameters Parameters);
}
