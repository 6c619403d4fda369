using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Nets.Execution;

/// <summary>A network's values on a tape, and what its norms saw.</summary>
/// <param name="Outputs">Of the output nodes, in the graph's order.</param>
/// <param name="Norms">In graph order, for <see cref="Norms.Update"/>; kept in the scope around the tape's. Empty where norms used running
/// statistics.</param>
public sealed record RecordedForward(ImmutableArray<Variable> Outputs, ImmutableArray<NormStatistics> Norms)
{
    /// <summary>Of the last output node, logits [N, classes] for a classifier.</summary>
    public Variable Output => Outputs[^1];
}

/// <summary>The interpreter that trains: a network run on a tape, each norm with the sum and the ReLU that follow it, values given back
/// when neither a later node nor a pull-back reads them.</summary>
/// <remarks>Built once for a run; it reads the parameters' tensors, which an optimizer overwrites in place. Indices of codes belong to the
/// scope in which it was made.</remarks>
public sealed class TrainingPlan
{
    readonly Graph graph;
    readonly Parameters parameters;
    readonly ImmutableArray<FusedStep> steps;
    readonly ImmutableArray<int> lastSteps;
    readonly ImmutableDictionary<string, CodeIndex> indices;

    TrainingPlan(Graph graph, Parameters parameters, ImmutableArray<Shape> shapes)
    {
        (this.graph, this.parameters) = (graph, parameters);
        var fusion = Fusion.Of(graph, shapes);
        steps = [.. fusion.Steps.Concat(fusion.Views.Select(view => new FusedStep(view, view))).OrderBy(step => step.Output)];
        lastSteps = LastSteps();
        indices = ParameterSpecs
            .Of(graph)
            .Where(spec => parameters[spec.Name] is Weight.Quantised)
            .ToImmutableDictionary(
                spec => spec.Layer,
                spec =>
                    parameters[spec.Name]
                        .Match(_ => throw new UnreachableException(), quantised => CodeIndex.Create(quantised.Codes, quantised.K))
            );
    }

    /// <summary>Prepares a network for training.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists, dense or quantised, on the device to train on.</param>
    /// <param name="inputShape">[N, H, W, C]; N may vary from run to run.</param>
    /// <exception cref="ShapeException">The input does not fit the graph.</exception>
    public static TrainingPlan Create(Graph graph, Parameters parameters, Shape inputShape) =>
        new(graph, parameters, GraphShapes.Of(graph, inputShape));

    /// <summary>Records the network's value.</summary>
    /// <param name="tape">Its scope is the innermost one.</param>
    /// <param name="variables">Tensors with gradients, named as by <see cref="Trainable"/>; those that are missing are constants.</param>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="mode">What norms divide by: <see cref="NormMode.Batch"/> to train, with running statistics as constants else.</param>
    /// <exception cref="ShapeException">The images or a parameter do not fit, or a norm would see but one value of a channel.</exception>
    public RecordedForward Run(Tape tape, IReadOnlyDictionary<string, Variable> variables, Tensor<float> images, NormMode mode) =>
        Run(tape, variables, Tape.Constant(images), mode);

    /// <summary>Records the values of a network that reads what another gave.</summary>
    /// <param name="tape">Its scope is the innermost one.</param>
    /// <param name="variables">Tensors with gradients, named as by <see cref="Trainable"/>; those that are missing are constants.</param>
    /// <param name="x">[N, H, W, C]; may have a gradient, and is not given back.</param>
    /// <param name="mode">What norms divide by.</param>
    public RecordedForward Run(Tape tape, IReadOnlyDictionary<string, Variable> variables, Variable x, NormMode mode)
    {
        var run = new RecordedRun(tape, mode, parameters, indices, variables);
        var values = new Variable?[graph.Nodes.Length];
        for (int i = 0; i < values.Length; i++)
            if (graph.Nodes[i].IsInput)
                values[i] = x;
        for (int s = 0; s < steps.Length; s++)
        {
            values[steps[s].Output] = Record(run, steps[s], values);
            foreach (int input in steps[s].Inputs(graph).Distinct())
                if (lastSteps[input] == s && !graph.Nodes[input].IsInput)
                    tape.Done(values[input]!);
        }

        return new([.. graph.Outputs.Select(output => values[output]!)], [.. run.Norms]);
    }

    /// <summary>By node number the last step that reads it; outputs are read by the caller.</summary>
    ImmutableArray<int> LastSteps()
    {
        int[] last = new int[graph.Nodes.Length];
        for (int s = 0; s < steps.Length; s++)
            foreach (int input in steps[s].Inputs(graph))
                last[input] = s;
        foreach (int output in graph.Outputs)
            last[output] = steps.Length;
        return [.. last];
    }

    /// <summary>A layer, then what is fused with it.</summary>
    Variable Record(RecordedRun run, FusedStep step, Variable?[] values)
    {
        var head = graph.Nodes[step.Head];
        var residual = step.Residual is { } number ? values[number] : null;
        var value = head.Record(run, [.. head.Inputs.Select(input => values[input]!)]);
        // A clamp is fused with the norm; a function behind it needs its own input for its gradient.
        var fused = step.Tail.HasFunction ? Tail.None : step.Tail;
        if (step.Norm is { } norm)
        {
            value = run.Replaced(value, x => norm.Record(run, x, residual, fused));
            return fused == step.Tail ? value : run.Replaced(value, x => graph.Nodes[step.Output].Record(run, [x]));
        }

        if (residual is not null)
            value = run.Replaced(value, x => run.Tape.Apply(new Add.Function(), x, residual));
        return step.Tail == Tail.None ? value : run.Replaced(value, x => graph.Nodes[step.Output].Record(run, [x]));
    }
}
