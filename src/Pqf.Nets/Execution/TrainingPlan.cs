using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Tensors.Ops.Products;
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
        var run = new Recording(this, tape, variables, mode);
        var values = new Variable?[graph.Nodes.Length];
        for (int i = 0; i < values.Length; i++)
            if (graph.Nodes[i] is Node.Input)
                values[i] = x;
        for (int s = 0; s < steps.Length; s++)
        {
            values[steps[s].Output] = run.Step(steps[s], values);
            foreach (int input in steps[s].Inputs(graph).Distinct())
                if (lastSteps[input] == s && graph.Nodes[input] is not Node.Input)
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

    /// <summary>One run.</summary>
    sealed class Recording(TrainingPlan plan, Tape tape, IReadOnlyDictionary<string, Variable> variables, NormMode mode)
    {
        public List<NormStatistics> Norms { get; } = [];

        /// <summary>A layer or node, then what is fused with it.</summary>
        public Variable Step(FusedStep step, Variable?[] values)
        {
            var residual = step.Residual is { } number ? values[number] : null;
            var value = Head(plan.graph.Nodes[step.Head], values);
            if (step.Norm is { } norm)
                return Replaced(value, x => Norm(norm, x, residual, step.Activation));
            if (residual is not null)
                value = Replaced(value, x => tape.Apply(new Add.Function(), x, residual));
            return step.Activation == Tail.Relu ? Replaced(value, x => tape.Apply(new Map.Function<Relu>(), x)) : value;
        }

        Variable Head(Node node, Variable?[] values)
        {
            Variable X(int i) => values[node.Inputs[i]]!;
            return node switch
            {
                Node.Conv2d n => Weighted(n.Layer, n.HasBias, new Conv2d.Function(n.Options), X(0)),
                Node.ConvTranspose2d n => Weighted(n.Layer, n.HasBias, new ConvTranspose2d.Function(n.Options), X(0)),
                Node.Linear n => Weighted(n.Layer, n.HasBias, new Linear.Function(), X(0)),
                Node.BatchNorm n => Norm(n, X(0), null, Tail.None),
                Node.Relu => tape.Apply(new Map.Function<Relu>(), X(0)),
                Node.MaxPool2d n => tape.Apply(new MaxPool2d.Function(n.KernelSize, n.Stride, n.Padding), X(0)),
                Node.GlobalAvgPool => tape.Apply(new AvgPool2d.GlobalFunction(), X(0)),
                Node.Add => tape.Apply(new Add.Function(), X(0), X(1)),
                Node.Flatten => tape.Apply(new Flatten.Function(), X(0)),
                Node.Upsample => tape.Apply(
                    new Interpolate.Function(new Pair(X(1).Shape[1], X(1).Shape[2]), InterpolationMode.Nearest),
                    X(0)
                ),
                Node.RoiAlign => throw new NotSupportedException(
                    "TrainingPlan: a joint cannot be recorded; record the graphs on both sides of it"
                ),
                _ => throw new UnreachableException(),
            };
        }

        /// <summary>A function of x and of a layer's weight, decoded if need be, and bias.</summary>
        Variable Weighted(string layer, bool hasBias, DifferentiableFunction function, Variable x)
        {
            var bias = hasBias ? Dense($"{layer}.bias") : null;
            return plan.parameters[$"{layer}.weight"]
                .Match(
                    _ => tape.Apply(function, x, Dense($"{layer}.weight"), bias),
                    quantised =>
                        Replaced(
                            tape.Apply(
                                new DecodeCodes.Function(plan.indices[layer], quantised.DenseShape),
                                Named(Trainable.CodebookName(layer), quantised.Codebook)
                            ),
                            weight => tape.Apply(function, x, weight, bias)
                        )
                );
        }

        Variable Norm(Node.BatchNorm n, Variable x, Variable? residual, Tail tail)
        {
            var (weight, bias) = (Dense($"{n.Layer}.weight"), Dense($"{n.Layer}.bias"));
            bool isConstant = mode == NormMode.Running || n.IsFrozen;
            var (mean, variance) = isConstant
                ? (Constant($"{n.Layer}.running_mean"), Constant($"{n.Layer}.running_var"))
                : BatchNorm.BatchStatistics(x.Value);
            var y = tape.Apply(
                new BatchNorm.Function(n.Eps, isConstant ? StatisticsOf.Elsewhere : StatisticsOf.Batch, tail),
                x,
                weight,
                bias,
                Tape.Constant(mean),
                Tape.Constant(variance),
                residual
            );
            if (isConstant)
                return y;
            Norms.Add(new(n.Layer, tape.Keep(mean), tape.Keep(variance), x.Shape.Count / x.Shape.Last));
            return y;
        }

        /// <summary>A function of a value that nothing else reads.</summary>
        Variable Replaced(Variable value, Func<Variable, Variable> function)
        {
            var result = function(value);
            tape.Done(value);
            return result;
        }

        Variable Dense(string name) => Named(name, Constant(name));

        Variable Named(string name, Tensor<float> value) => variables.TryGetValue(name, out var variable) ? variable : Tape.Constant(value);

        Tensor<float> Constant(string name) =>
            plan.parameters[name]
                .Match(
                    dense => dense.Value,
                    _ => throw new InvalidOperationException($"TrainingPlan: expected {name} to be dense, it is quantised")
                );
    }
}
