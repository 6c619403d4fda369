using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Execution;

/// <summary>How a network is compiled.</summary>
public sealed record InferenceOptions
{
    /// <summary>What to spend memory on.</summary>
    public PlanMemory Memory { get; init; } = PlanMemory.Fast;
}

/// <summary>
/// A network compiled for one device and input size: norms folded into the layers before them, each convolution run with its bias, sum and
/// ReLU, weights packed
/// once, memory for activations planned and used again.
/// </summary>
/// <remarks>Its weights and activations belong to the scope in which it was compiled. Used by one thread at a time.</remarks>
public sealed class InferencePlan
{
    readonly Graph graph;
    readonly Device device;
    readonly Shape inputShape;
    readonly Fusion fusion;
    readonly ImmutableArray<PlanStep> steps;

    // For plans that keep no packed weights, in place of the steps.
    readonly Func<FusedStep, PlanStep>? compile;

    readonly FirstPasses passes;
    readonly BufferPlan buffers;
    readonly ImmutableArray<Tensor<float>> slots;

    // Of the steps that run for the whole batch; of those before, for the images of a pass and for fewer in the last one.
    readonly PlanValues whole,
        part,
        rest;

    InferencePlan(Graph graph, Parameters parameters, Device device, Shape inputShape, ConvChooser choose, bool keepsWeights = true)
    {
        (this.graph, this.device, this.inputShape) = (graph, device, inputShape);
        var shapes = GraphShapes.Of(graph, inputShape);
        fusion = Fusion.Of(graph, shapes).Together(graph, shapes, device);
        PlanStep Compiled(FusedStep step) =>
            graph.Nodes[step.Head].Compile(new CompileContext(graph, fusion, step, shapes, parameters, device, choose));
        compile = keepsWeights ? null : Compiled;
        steps = keepsWeights ? [.. fusion.Steps.Select(Compiled)] : [];
        device.TrimPool(); // of dense copies of weights, which nobody asks for again
        (passes, buffers, slots, whole, part, rest) = Memory(shapes);
    }

    InferencePlan(InferencePlan packed, Shape inputShape)
    {
        (graph, device, fusion, this.inputShape) = (packed.graph, packed.device, packed.fusion, inputShape);
        (steps, compile) = (packed.steps, packed.compile);
        var shapes = GraphShapes.Of(graph, inputShape);
        if (!Fusion.Of(graph, shapes).Views.SetEquals(fusion.Views))
            throw new ShapeException(
                "InferencePlan",
                $"expected images whose flattened values have as many pixels as those of {packed.inputShape}, got {inputShape}: "
                    + $"compile for them"
            );
        (passes, buffers, slots, whole, part, rest) = Memory(shapes);
    }

    /// <summary>The steps, in the order in which they run.</summary>
    internal ImmutableArray<FusedStep> Steps => fusion.Steps;

    /// <summary>The first steps that run for some images at a time.</summary>
    internal FirstPasses Passes => passes;

    /// <summary>Bytes of all activations that the plan keeps, for the largest batch.</summary>
    public long ActivationBytes => slots.Sum(slot => (long)slot.Shape.Count * sizeof(float));

    /// <summary>Compiles a network.</summary>
    /// <param name="graph">Any graph; nodes that do not fuse run one by one.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists, on any device; quantised weights are decoded once,
    /// here.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="inputShape">[N, H, W, C]: the largest batch.</param>
    /// <param name="options">What to spend memory on.</param>
    /// <exception cref="ShapeException">The input or a parameter does not fit the graph.</exception>
    /// <remarks>
    /// Convolutions are computed in the way that is fastest for the largest batch, and then so for all: the values of an image do not
    /// depend on how many are beside it.
    /// Plans for other batches may compute it another way, and differ in rounding as <see cref="ConvAlgorithm"/> states.
    /// </remarks>
    public static InferencePlan Compile(
        Graph graph,
        Parameters parameters,
        Device device,
        Shape inputShape,
        InferenceOptions? options = null
    )
    {
        var memory = (options ?? new InferenceOptions()).Memory;
        ConvAlgorithm Choose(Shape x, Shape weight, Conv2dOptions conv) => ConvChoice.Of(device, x, weight, conv, memory);
        return new(graph, parameters, device, inputShape, Choose, keepsWeights: memory != PlanMemory.Least);
    }

    /// <summary>The same network for images of another size: packed weights, and the way in which each convolution is computed, are
    /// shared.</summary>
    /// <param name="inputShape">[N, H, W, C]: the largest batch.</param>
    /// <returns>A plan whose activations belong to the innermost scope, and which ends with this one's weights; this one itself for its own
    /// size.</returns>
    /// <exception cref="ShapeException">The input does not fit the graph.</exception>
    public InferencePlan For(Shape inputShape) => inputShape == this.inputShape ? this : new(this, inputShape);

    /// <summary>Compiles a network with a choice of algorithms of the caller's own.</summary>
    internal static InferencePlan Compile(Graph graph, Parameters parameters, Device device, Shape inputShape, ConvChooser choose) =>
        new(graph, parameters, device, inputShape, choose);

    /// <summary>The network's value.</summary>
    /// <param name="images">[n, H, W, C], n at most the compiled batch, the rest as compiled.</param>
    /// <returns>Of the output node, [n, classes] for a classifier; in the innermost scope.</returns>
    /// <exception cref="ShapeException">The images are not of the compiled size.</exception>
    /// <exception cref="InvalidOperationException">Another thread uses the device.</exception>
    public Tensor<float> Run(Tensor<float> images)
    {
        RunSteps(images);
        return whole.ByNode[graph.Output]!;
    }

    /// <summary>The values of all outputs.</summary>
    /// <param name="images">As for <see cref="Run(Tensor{float})"/>.</param>
    /// <returns>In the order of <see cref="Graph.Outputs"/>, in the innermost scope.</returns>
    public ImmutableArray<Tensor<float>> RunAll(Tensor<float> images)
    {
        RunSteps(images);
        return [.. graph.Outputs.Select(output => whole.ByNode[output]!)];
    }

    /// <summary>As <see cref="Run(Tensor{float})"/>, with a call after each of <see cref="Steps"/>, after each time that it ran: for
    /// measurements.</summary>
    internal Tensor<float> Run(Tensor<float> images, Action<int> afterStep)
    {
        RunSteps(images, afterStep);
        return whole.ByNode[graph.Output]!;
    }

    void RunSteps(Tensor<float> images, Action<int>? afterStep = null)
    {
        using var use = device.Use();
        Bind(images);
        int batch = images.Shape[0];
        for (int first = 0; passes.StepCount > 0 && first < batch; first += passes.Images)
        {
            var values = BindPass(images, first, Math.Min(passes.Images, batch - first));
            for (int i = 0; i < passes.StepCount; i++)
                RunStep(i, values, afterStep);
        }

        for (int i = passes.StepCount; i < fusion.Steps.Length; i++)
            RunStep(i, whole, afterStep);
    }

    void RunStep(int i, PlanValues values, Action<int>? afterStep)
    {
        var step = fusion.Steps[i];
        var operands = new StepValues(values.ByNode, step.Operands(graph), step);
        if (compile is null)
            steps[i](operands);
        else
            RunOnce(compile, step, operands);
        afterStep?.Invoke(i);
    }

    /// <summary>Packs a step's weights, runs it and gives their memory back.</summary>
    void RunOnce(Func<FusedStep, PlanStep> packed, FusedStep step, StepValues operands)
    {
        using (device.BeginScope())
            packed(step)(operands);
        device.TrimPool();
    }

    (FirstPasses, BufferPlan, ImmutableArray<Tensor<float>>, PlanValues, PlanValues, PlanValues) Memory(ImmutableArray<Shape> shapes)
    {
        var chosen = FirstPasses.Of(graph, fusion, device, inputShape, shapes);
        int last = chosen.StepCount == 0 ? 0 : fusion.Steps[chosen.StepCount - 1].Output;
        ImmutableArray<Shape> ofPass = chosen.StepCount == 0 ? [] : GraphShapes.Of(graph, [chosen.Images, .. inputShape.Skip(1)]);
        var plan = BufferPlan.Of(graph, fusion, [.. shapes.Select((shape, i) => i < last ? ofPass[i] : shape)], chosen);
        ImmutableArray<Tensor<float>> memory = [.. plan.Counts.Select(count => Tensor<float>.Rent(device, [count]))];
        PlanValues ValuesOf(Range nodes) => new(graph, plan, memory, nodes);
        var ofAll = ValuesOf(last..);
        ofAll.Fit(inputShape);
        return (chosen, plan, memory, ofAll, ValuesOf(..last), ValuesOf(..last));
    }

    /// <summary>Makes every value's memory ready for a run.</summary>
    void Bind(Tensor<float> images)
    {
        var s = images.Shape;
        if (s.Rank != 4 || s[0] > inputShape[0] || s[1] != inputShape[1] || s[2] != inputShape[2] || s[3] != inputShape[3])
            throw new ShapeException("InferencePlan", $"expected at most {inputShape[0]} images, {inputShape}, got {s}");
        Shapes.SameDevice("InferencePlan", device, images);
        whole.Fit(s);
        foreach (int output in graph.Outputs)
            if (!graph.Nodes[buffers.Roots[output]].IsInput)
                whole.Put(buffers.Roots[output], Tensor<float>.Rent(device, whole.Shapes[buffers.Roots[output]]));
        whole.Bind(images);
    }

    /// <summary>Makes the memory of the first steps ready for some of the images, and the last one's place in the value for all.</summary>
    PlanValues BindPass(Tensor<float> images, int first, int count)
    {
        var values = count == passes.Images ? part : rest;
        Shape shape = [count, .. images.Shape.Skip(1)];
        int last = fusion.Steps[passes.StepCount - 1].Output;
        values.Fit(shape);
        values.Put(last, whole.ByNode[last]!.Part(first * (values.Shapes[last].Count / count), values.Shapes[last]));
        values.Bind(images.Part(first * (shape.Count / count), shape));
        return values;
    }
}
