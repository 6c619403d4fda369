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
    readonly BufferPlan buffers;
    readonly ImmutableArray<PlanStep> steps;
    readonly ImmutableArray<Tensor<float>> slots;

    // Values for the batch size that was run last: all but the images, the result and views of them are the same from call to call.
    readonly Tensor<float>?[] values;
    Shape batch;
    ImmutableArray<Shape> shapes;

    InferencePlan(Graph graph, Parameters parameters, Device device, Shape inputShape, ConvChooser choose)
    {
        (this.graph, this.device, this.inputShape) = (graph, device, inputShape);
        batch = inputShape;
        shapes = GraphShapes.Of(graph, batch);
        fusion = Fusion.Of(graph, shapes).Together(graph, shapes, device);
        buffers = BufferPlan.Of(graph, fusion, shapes);
        steps = [.. fusion.Steps.Select(step => Compile(step, parameters, choose))];
        device.TrimPool(); // of dense copies of weights, which nobody asks for again
        slots = Slots();
        values = new Tensor<float>?[graph.Nodes.Length];
        BindSlots();
    }

    InferencePlan(InferencePlan packed, Shape inputShape)
    {
        (graph, device, fusion, steps, this.inputShape) = (packed.graph, packed.device, packed.fusion, packed.steps, inputShape);
        batch = inputShape;
        shapes = GraphShapes.Of(graph, batch);
        if (!Fusion.Of(graph, shapes).Views.SetEquals(fusion.Views))
            throw new ShapeException(
                "InferencePlan",
                $"expected images whose flattened values have as many pixels as those of {packed.inputShape}, got {inputShape}: "
                    + $"compile for them"
            );
        buffers = BufferPlan.Of(graph, fusion, shapes);
        slots = Slots();
        values = new Tensor<float>?[graph.Nodes.Length];
        BindSlots();
    }

    /// <summary>The steps, in the order in which they run.</summary>
    internal ImmutableArray<FusedStep> Steps => fusion.Steps;

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
        return Compile(graph, parameters, device, inputShape, (x, weight, conv) => ConvChoice.Of(device, x, weight, conv, memory));
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
        return values[graph.Output]!;
    }

    /// <summary>The values of all outputs.</summary>
    /// <param name="images">As for <see cref="Run(Tensor{float})"/>.</param>
    /// <returns>In the order of <see cref="Graph.Outputs"/>, in the innermost scope.</returns>
    public ImmutableArray<Tensor<float>> RunAll(Tensor<float> images)
    {
        RunSteps(images);
        return [.. graph.Outputs.Select(output => values[output]!)];
    }

    /// <summary>As <see cref="Run(Tensor{float})"/>, with a call after each of <see cref="Steps"/>: for measurements.</summary>
    internal Tensor<float> Run(Tensor<float> images, Action<int> afterStep)
    {
        Bind(images);
        for (int i = 0; i < steps.Length; i++)
        {
            RunStep(i);
            afterStep(i);
        }

        return values[graph.Output]!;
    }

    void RunSteps(Tensor<float> images)
    {
        using var use = device.Use();
        Bind(images);
        for (int i = 0; i < steps.Length; i++)
            RunStep(i);
    }

    void RunStep(int i) => steps[i](new StepValues(values, fusion.Steps[i].Operands(graph), fusion.Steps[i]));

    PlanStep Compile(FusedStep step, Parameters parameters, ConvChooser choose) =>
        graph.Nodes[step.Head].Compile(new CompileContext(graph, fusion, step, shapes, parameters, device, choose));

    /// <summary>Makes every value's memory ready for a run.</summary>
    void Bind(Tensor<float> images)
    {
        var s = images.Shape;
        if (s.Rank != 4 || s[0] > inputShape[0] || s[1] != inputShape[1] || s[2] != inputShape[2] || s[3] != inputShape[3])
            throw new ShapeException("InferencePlan", $"expected at most {inputShape[0]} images, {inputShape}, got {s}");
        Shapes.SameDevice("InferencePlan", device, images);
        if (s != batch)
        {
            batch = s;
            shapes = GraphShapes.Of(graph, s);
            BindSlots();
        }

        BindEnds(images);
    }

    ImmutableArray<Tensor<float>> Slots() => [.. buffers.Counts.Select(count => Tensor<float>.Rent(device, [count]))];

    /// <summary>Values in slots, under the shapes of the current batch.</summary>
    void BindSlots()
    {
        for (int i = 0; i < values.Length; i++)
            if (buffers.Slot[buffers.Roots[i]] is >= 0 and var slot)
                values[i] = new Tensor<float>(shapes[i], slots[slot].Storage);
    }

    /// <summary>The images, new tensors for the results, and the views of all of them.</summary>
    void BindEnds(Tensor<float> images)
    {
        foreach (int output in graph.Outputs)
            if (!graph.Nodes[buffers.Roots[output]].IsInput)
                values[buffers.Roots[output]] = Tensor<float>.Rent(device, shapes[buffers.Roots[output]]);
        for (int i = 0; i < values.Length; i++)
            if (graph.Nodes[buffers.Roots[i]].IsInput)
                values[i] = images.Reshape(shapes[i]);
            else if (buffers.Slot[buffers.Roots[i]] < 0 && values[buffers.Roots[i]] is { } root)
                values[i] = root.Reshape(shapes[i]);
    }
}
