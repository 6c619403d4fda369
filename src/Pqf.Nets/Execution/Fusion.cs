using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Execution;

/// <summary>Nodes computed as one: a layer with what it <see cref="Layer.Fuses"/> of the norm, the sum and the function that follow it, or
/// a node alone.</summary>
/// <param name="Head">Number of the first node.</param>
/// <param name="Output">Number of the node whose value results; the step runs in its place.</param>
/// <param name="Norm">Norm folded into the head's weights, if any.</param>
/// <param name="Residual">Number of the node whose value is added, if any.</param>
sealed record FusedStep(int Head, int Output, BatchNormLayer? Norm = null, int? Residual = null)
{
    /// <summary>Applied last.</summary>
    public Tail Tail { get; init; } = Tail.None;

    /// <summary>A step whose value the head alone reads and that runs together with it, if any: its value is never stored.</summary>
    public FusedStep? First { get; init; }

    /// <summary>Numbers of a node and of the scale of its channels, whose product the head alone reads, if it multiplies them as it reads
    /// them.</summary>
    public ImmutableArray<int>? Factors { get; init; }

    /// <summary>Numbers of the nodes whose values the step's first layer reads.</summary>
    public ImmutableArray<int> Operands(Graph graph) => First?.Operands(graph) ?? Factors ?? graph.Nodes[Head].Inputs;

    /// <summary>Numbers of the nodes whose values the step reads.</summary>
    public IEnumerable<int> Inputs(Graph graph) => Residual is { } residual ? Operands(graph).Append(residual) : Operands(graph);
}

/// <summary>A graph cut into steps.</summary>
/// <param name="Steps">In the order to run them; nodes that the output does not need are left out.</param>
/// <param name="Views">Flattened values that share their input's memory; there is no step for them.</param>
sealed record Fusion(ImmutableArray<FusedStep> Steps, ImmutableHashSet<int> Views)
{
    /// <summary>By node number: the node whose memory its value uses, itself unless it is a view.</summary>
    public ImmutableArray<int> Roots(Graph graph) => [.. graph.Nodes.Select((node, i) => Views.Contains(i) ? node.Inputs[0] : i)];

    /// <summary>By node number: the last step that reads the node's memory; the number of steps for the network's results, and −1 for
    /// what no step reads.</summary>
    public ImmutableArray<int> LastReaders(Graph graph)
    {
        var roots = Roots(graph);
        int[] last = [.. Enumerable.Repeat(-1, graph.Nodes.Length)];
        for (int s = 0; s < Steps.Length; s++)
            foreach (int input in Steps[s].Inputs(graph))
                last[roots[input]] = s;
        foreach (int output in graph.Outputs)
            last[roots[output]] = Steps.Length;
        return [.. last];
    }

    /// <summary>Cuts a graph.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="shapes">Of its values.</param>
    public static Fusion Of(Graph graph, ImmutableArray<Shape> shapes)
    {
        ImmutableArray<ImmutableArray<int>> readers = Readers(graph, out bool[] needed);
        bool IsView(int i) =>
            graph.Nodes[i].Inputs is [var x]
            && graph
                .Nodes[i]
                .IsView(shapes[x], !graph.Outputs.Contains(i) && readers[i].All(reader => graph.Nodes[reader].ReadsFlattenedPixels));
        ImmutableArray<int> numbers = [.. Enumerable.Range(0, graph.Nodes.Length).Where(i => needed[i])];
        ImmutableHashSet<int> views = [.. numbers.Where(IsView)];
        var taken = views.Union(numbers.Where(i => graph.Nodes[i].IsInput)).ToHashSet();
        var steps = new List<FusedStep>();
        // From the back: where two branches meet in a sum, the later one takes it in, for then the other's value is ready.
        foreach (int head in numbers.Reverse().Where(i => graph.Nodes[i].Fuses != Fusing.None))
            steps.Add(Fuse(graph, shapes, readers, taken, head));
        steps.AddRange(numbers.Where(i => !taken.Contains(i)).Select(i => new FusedStep(i, i)));
        return new([.. steps.OrderBy(step => step.Output)], views);
    }

    /// <summary>Joins steps that a device runs faster together: a depthwise convolution with the pointwise ones before and behind
    /// it; a first convolution with the max pooling behind it; a pointwise convolution with the product that scales the channels of its
    /// input.</summary>
    /// <param name="graph">The graph that was cut.</param>
    /// <param name="shapes">Of its values.</param>
    /// <param name="device">Where the steps run.</param>
    public Fusion Together(Graph graph, ImmutableArray<Shape> shapes, Device device)
    {
        var readers = Readers(graph, out _);
        var joined = new SortedDictionary<int, FusedStep>(Steps.ToDictionary(step => step.Output));
        (Shape, Conv2dOptions)? Convolution(FusedStep step) =>
            graph.Nodes[step.Head] is Conv2dLayer layer ? (layer.WeightShape, layer.Options) : null;
        // The step whose value the head of another reads, if nobody else does.
        FusedStep? Before(FusedStep step) =>
            graph.Nodes[step.Head].Inputs is [var x] && readers[x].Length == 1 ? joined.GetValueOrDefault(x) : null;
        void Join(Func<Device, Shape, (Shape, Conv2dOptions), (Shape, Conv2dOptions), bool> joins)
        {
            // A step that has been joined to a later one is there no more.
            foreach (var step in Steps.Where(step => joined.ContainsKey(step.Output)))
                if (
                    Before(step) is { Residual: null } before
                    && (Convolution(before), Convolution(step)) is ({ } first, { } second)
                    && joins(device, shapes[before.Output], first, second)
                )
                {
                    joined.Remove(before.Output);
                    joined[step.Output] = step with { First = before };
                }
        }

        Join(DepthwiseBlockPlan.Joins);
        Join(DepthwiseBlockPlan.JoinsBehind);
        foreach (var step in joined.Values.ToList())
            if (
                step.Head == step.Output
                && graph.Nodes[step.Head] is MaxPool2dLayer pool
                && Before(step) is { Residual: null, First: null } stem
                && graph.Nodes[stem.Head] is Conv2dLayer { Inputs: [var images] } convolution
                && StemPoolPlan.Joins(device, shapes[images], convolution.WeightShape, convolution.Options, pool.KernelSize, pool.Options)
            )
            {
                joined.Remove(stem.Output);
                joined[step.Output] = step with { First = stem };
            }

        foreach (var step in joined.Values.ToList())
            if (
                step.First is null
                && Convolution(step) is var (weight, options)
                && Conv2dPlan.TakesScale(device, weight, options)
                && Before(step) is { } product
                && FactorsOf(graph, shapes, product) is { } factors
            )
            {
                joined.Remove(product.Output);
                joined[step.Output] = step with { Factors = factors };
            }

        return this with
        {
            Steps = [.. joined.Values],
        };
    }

    /// <summary>What a step multiplies, if it does nothing else and the one is [N, H, W, C] with several pixels, the other [N or 1, 1, 1,
    /// C].</summary>
    static ImmutableArray<int>? FactorsOf(Graph graph, ImmutableArray<Shape> shapes, FusedStep product)
    {
        if (product.Head != product.Output || graph.Nodes[product.Head] is not { IsProduct: true, Inputs: [var left, var right] })
            return null;
        bool IsPixels(int i) => shapes[i] == shapes[product.Output] && shapes[i].Rank == 4 && shapes[i][1] * shapes[i][2] > 1;
        bool IsScale(int i) => shapes[i].Rank == 4 && shapes[i][1] * shapes[i][2] == 1 && shapes[i][3] == shapes[product.Output][3];
        if (IsPixels(left) && IsScale(right))
            return [left, right];
        return IsPixels(right) && IsScale(left) ? [right, left] : null;
    }

    /// <summary>The step that begins at a layer; marks its nodes as taken.</summary>
    static FusedStep Fuse(
        Graph graph,
        ImmutableArray<Shape> shapes,
        ImmutableArray<ImmutableArray<int>> readers,
        HashSet<int> taken,
        int head
    )
    {
        var step = new FusedStep(head, head);
        taken.Add(head);
        Layer? Next() =>
            readers[step.Output] is [var reader] && reader < graph.Nodes.Length && !taken.Contains(reader) ? graph.Nodes[reader] : null;
        FusedStep Taken(FusedStep grown)
        {
            int output = readers[step.Output][0];
            taken.Add(output);
            return grown with { Output = output };
        }

        var fuses = graph.Nodes[head].Fuses;
        if (fuses.HasFlag(Fusing.Norm) && Next()?.AsNorm is { } norm)
            step = Taken(step with { Norm = norm });
        if (fuses.HasFlag(Fusing.Sum) && Next() is { IsSum: true, Inputs: [var left, var right] } && shapes[left] == shapes[right])
            step = Taken(step with { Residual = left == step.Output ? right : left });
        if (fuses.HasFlag(Fusing.Tail) && Next()?.Tail is { } tail)
            step = Taken(step with { Tail = tail });
        return step;
    }

    /// <summary>For each node the numbers of the needed nodes that read it, once per reading; the caller reads the outputs, as number
    /// <c>Nodes.Length</c>.</summary>
    static ImmutableArray<ImmutableArray<int>> Readers(Graph graph, out bool[] needed)
    {
        var need = new bool[graph.Nodes.Length];
        var readers = graph.Nodes.Select(_ => new List<int>()).ToArray();
        foreach (int output in graph.Outputs)
        {
            need[output] = true;
            readers[output].Add(graph.Nodes.Length);
        }

        for (int i = graph.Output; i >= 0; i--)
            foreach (int input in need[i] ? graph.Nodes[i].Inputs : [])
            {
                need[input] = true;
                readers[input].Add(i);
            }

        needed = need;
        return [.. readers.Select(list => list.ToImmutableArray())];
    }
}
