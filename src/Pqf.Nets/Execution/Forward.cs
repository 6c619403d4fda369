using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Execution;

/// <summary>Which statistics a batch norm divides by.</summary>
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
public sealed record NormStatistics(string Layer, Tensor<float> Mean, Tensor<float> Variance, int Count);

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
    public static Tensor<float> Run(Graph graph, Parameters parameters, Tensor<float> x) =>
        new Evaluation(graph, parameters, x, NormMode.Running, null, []).Run()[^1];

    /// <summary>The values of all outputs of a network whose graph may hold joints.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">As for <see cref="Run(Graph, Parameters, Tensor{float})"/>.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="boxes">What <see cref="Node.RoiAlign"/> cuts into cells.</param>
    /// <returns>In the order of <see cref="Graph.Outputs"/>, in the innermost scope.</returns>
    public static ImmutableArray<Tensor<float>> Outputs(Graph graph, Parameters parameters, Tensor<float> x, IEnumerable<RoiBox> boxes) =>
        new Evaluation(graph, parameters, x, NormMode.Running, null, [.. boxes]).Run();

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
        var norms = new List<NormStatistics>();
        return (new Evaluation(graph, parameters, x, mode, norms, []).Run()[^1], [.. norms]);
    }

    /// <summary>One run.</summary>
    sealed class Evaluation(
        Graph graph,
        Parameters parameters,
        Tensor<float> images,
        NormMode mode,
        List<NormStatistics>? statistics,
        ImmutableArray<RoiBox> boxes
    )
    {
        readonly Tensor<float>?[] values = new Tensor<float>?[graph.Nodes.Length];

        /// <summary>Values of the outputs.</summary>
        public ImmutableArray<Tensor<float>> Run()
        {
            using var scope = images.Device.BeginScope();
            ImmutableArray<int> lastReaders = graph.LastReaders();
            for (int i = 0; i < values.Length; i++)
            {
                using var step = images.Device.BeginScope(); // decoded weights end here
                values[i] = step.Keep(Step(graph.Nodes[i]));
                if (statistics is [.., var newest])
                    step.KeepAll([newest.Mean, newest.Variance]);
                foreach (
                    int done in graph
                        .Nodes[i]
                        .Inputs.Append(i)
                        .Distinct()
                        .Where(j => lastReaders[j] <= i && graph.Nodes[j] is not Node.Input)
                )
                    images.Device.Release(values[done]!);
            }

            foreach (var norm in statistics ?? [])
                scope.KeepAll([norm.Mean, norm.Variance]);
            return [.. graph.Outputs.Select(output => scope.Keep(values[output]!))];
        }

        Tensor<float> Step(Node node)
        {
            Tensor<float> X(int i) => values[node.Inputs[i]]!;
            Tensor<float> Decoded(string layer) => parameters[$"{layer}.weight"].Decode();
            Tensor<float>? Bias(string layer, bool has) => has ? Vector(layer, "bias") : null;
            return node switch
            {
                Node.Input n => images.Shape.Rank == 4 && images.Shape[3] == n.Channels
                    ? images
                    : throw new ShapeException(
                        "Input",
                        $"expected images of {n.Channels} channels, [N, H, W, {n.Channels}], got {images.Shape}"
                    ),
                Node.Conv2d n => Tensors.Ops.Convolution.Conv2d.Forward(X(0), Decoded(n.Layer), Bias(n.Layer, n.HasBias), n.Options),
                Node.ConvTranspose2d n => Tensors.Ops.Convolution.Transposed.ConvTranspose2d.Forward(
                    X(0),
                    Decoded(n.Layer),
                    Bias(n.Layer, n.HasBias),
                    n.Options
                ),
                Node.Linear n => Tensors.Ops.Products.Linear.Forward(X(0), Decoded(n.Layer), Bias(n.Layer, n.HasBias)),
                Node.BatchNorm n => Norm(n, X(0)),
                Node.Relu => Map.Forward<Relu>(X(0)),
                Node.MaxPool2d n => Tensors.Ops.Pooling.MaxPool2d.Forward(X(0), n.KernelSize, n.Stride, n.Padding),
                Node.GlobalAvgPool => AvgPool2d.Global(X(0)),
                Node.Add => Tensors.Ops.Elementwise.Add.Forward(X(0), X(1)),
                Node.Flatten => ChannelOrder.ToChannelsFirst(X(0)).Reshape([X(0).Shape[0], X(0).Shape[1] * X(0).Shape[2] * X(0).Shape[3]]),
                Node.Upsample => Interpolate.Forward(X(0), new Pair(X(1).Shape[1], X(1).Shape[2]), InterpolationMode.Nearest),
                Node.RoiAlign n => RoiCells.Forward([.. n.Levels.Select(level => values[level]!)], boxes, n.Pooling),
                _ => throw new UnreachableException(),
            };
        }

        Tensor<float> Norm(Node.BatchNorm norm, Tensor<float> x)
        {
            var (mean, variance) = (Vector(norm.Layer, "running_mean"), Vector(norm.Layer, "running_var"));
            if (!norm.IsFrozen && (statistics is not null || mode == NormMode.Batch))
            {
                var seen = Reduce.MeanAndVariance(x);
                statistics?.Add(new NormStatistics(norm.Layer, seen.Mean, seen.Variance, x.Shape.Count / x.Shape.Last));
                if (mode == NormMode.Batch)
                    (mean, variance) = seen;
            }

            return Tensors.Ops.Normalisation.BatchNorm.Forward(
                x,
                Vector(norm.Layer, "weight"),
                Vector(norm.Layer, "bias"),
                mean,
                variance,
                norm.Eps
            );
        }

        Tensor<float> Vector(string layer, string name) => parameters[$"{layer}.{name}"].Decode();
    }
}
