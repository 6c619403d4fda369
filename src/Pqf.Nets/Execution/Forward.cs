using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Execution;

/// <summary>The statistics that a batch norm divides by.</summary>
public enum NormMode
{
    /// <summary>Those of its parameters, as in PyTorch's evaluation mode.</summary>
    Running,

    /// <summary>The batch's own, as in PyTorch's training mode; frozen norms keep to those of their parameters.</summary>
    Batch,
}

/// <summary>What one batch norm saw at its input.</summary>
/// <param name="Layer">The norm's name.</param>
/// <param name="Mean">[C].</param>
/// <param name="Variance">[C], divided by the count, not by one less.</param>
/// <param name="Count">Values per channel: images × pixels.</param>
public sealed record NormStatistics(string Layer, Tensor<float> Mean, Tensor<float> Variance, int Count)
{
    /// <summary>Batches that mean and variance are averages over, each with its own mean.</summary>
    public int BatchCount { get; init; } = 1;
}

/// <summary>The plain interpreter: op by op, each value freed when its last reader is done. The reference that <see cref="InferencePlan"/>
/// is tested against.</summary>
public static class Forward
{
    /// <summary>The network's value.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists, on the images' device.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>Of the output node, logits [N, classes] for a classifier; in the innermost scope.</returns>
    /// <exception cref="ShapeException">The images or a parameter do not fit.</exception>
    /// <exception cref="KeyNotFoundException">A parameter is not there.</exception>
    public static Tensor<float> Run(Graph graph, Parameters parameters, Tensor<float> x) => Run(graph, new PlainRun(parameters, x))[^1];

    /// <summary>The values of all outputs of a network whose graph may hold joints.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">As for <see cref="Run(Graph, Parameters, Tensor{float})"/>.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="boxes">What <see cref="RoiAlignLayer"/> cuts into cells.</param>
    /// <returns>In the order of <see cref="Graph.Outputs"/>, in the innermost scope.</returns>
    public static ImmutableArray<Tensor<float>> Outputs(Graph graph, Parameters parameters, Tensor<float> x, IEnumerable<RoiBox> boxes) =>
        Run(graph, new PlainRun(parameters, x) { Boxes = [.. boxes] });

    /// <summary>The network's value, and what each batch norm saw at its input.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">As for <see cref="Run(Graph, Parameters, Tensor{float})"/>.</param>
    /// <param name="x">[N, H, W, C], N at least 1.</param>
    /// <param name="mode">What the norms divide by.</param>
    /// <returns>The value, and statistics in graph order; all in the innermost scope.</returns>
    public static (Tensor<float> Output, ImmutableArray<NormStatistics> Norms) WithStatistics(
        Graph graph,
        Parameters parameters,
        Tensor<float> x,
        NormMode mode
    )
    {
        var run = new PlainRun(parameters, x) { Mode = mode, NeedsStatistics = true };
        return (Run(graph, run)[^1], [.. run.Statistics]);
    }

    /// <summary>The value of one node.</summary>
    /// <param name="layer">The node.</param>
    /// <param name="parameters">As for <see cref="Run(Graph, Parameters, Tensor{float})"/>.</param>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="x">Values of its inputs.</param>
    /// <param name="boxes">What it cuts into cells if it is a joint.</param>
    /// <returns>In the innermost scope; the images themselves for the input.</returns>
    public static Tensor<float> Node(
        Layer layer,
        Parameters parameters,
        Tensor<float> images,
        ImmutableArray<Tensor<float>> x,
        ImmutableArray<RoiBox> boxes = default
    )
    {
        using var scope = images.Device.BeginScope(); // decoded weights end here
        var value = layer.Run(new PlainRun(parameters, images) { Boxes = boxes.IsDefault ? [] : boxes }, x);
        return layer.IsInput ? value : scope.Keep(value);
    }

    /// <summary>Values of the outputs.</summary>
    static ImmutableArray<Tensor<float>> Run(Graph graph, PlainRun run)
    {
        var device = run.Images.Device;
        using var scope = device.BeginScope();
        var values = new Tensor<float>?[graph.Nodes.Length];
        ImmutableArray<int> lastReaders = graph.LastReaders();
        for (int i = 0; i < values.Length; i++)
        {
            using var step = device.BeginScope(); // decoded weights end here
            var layer = graph.Nodes[i];
            values[i] = step.Keep(layer.Run(run, [.. layer.Inputs.Select(input => values[input]!)]));
            if (run.Statistics is [.., var newest])
                step.KeepAll([newest.Mean, newest.Variance]);
            foreach (int done in layer.Inputs.Append(i).Distinct().Where(j => lastReaders[j] <= i && !graph.Nodes[j].IsInput))
                device.Release(values[done]!);
        }

        foreach (var norm in run.Statistics)
            scope.KeepAll([norm.Mean, norm.Variance]);
        return [.. graph.Outputs.Select(output => scope.Keep(values[output]!))];
    }
}
