using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Execution;

/// <summary>Says how a convolution is to be computed.</summary>
/// <param name="x">[N, H, W, C].</param>
/// <param name="weight">[O, C / groups, kH, kW].</param>
/// <param name="options">Stride, padding, dilation, groups.</param>
delegate ConvAlgorithm ConvChooser(Shape x, Shape weight, Conv2dOptions options);

/// <summary>What a layer reads to compile its step.</summary>
/// <param name="graph">The network.</param>
/// <param name="fusion">Its steps and views.</param>
/// <param name="step">The step to compile.</param>
/// <param name="shapes">By node number.</param>
/// <param name="parameters">Values by name.</param>
/// <param name="device">Where the step runs.</param>
/// <param name="choose">How a convolution is computed.</param>
sealed class CompileContext(
    Graph graph,
    Fusion fusion,
    FusedStep step,
    ImmutableArray<Shape> shapes,
    Parameters parameters,
    Device device,
    ConvChooser choose
)
{
    /// <summary>Values by name.</summary>
    public Parameters Parameters => parameters;

    /// <summary>Where the step runs.</summary>
    public Device Device => device;

    /// <summary>How a convolution is computed.</summary>
    public ConvChooser Choose => choose;

    /// <summary>The step that runs together with this one and gives its value to it alone, if any.</summary>
    public (Layer Layer, CompileContext Step)? First =>
        step.First is { } first
            ? (graph.Nodes[first.Head], new CompileContext(graph, fusion, first, shapes, parameters, device, choose))
            : null;

    /// <summary>The norm that the step took in, if any.</summary>
    public BatchNormLayer? Norm => step.Norm;

    /// <summary>The function that the step applies last.</summary>
    public Tail Tail => step.Tail;

    /// <summary>Shape of an input.</summary>
    /// <param name="i">Its place among the layer's inputs.</param>
    public Shape Input(int i) => shapes[Number(i)];

    /// <summary>Shape of the value whose memory an input shares; null if it has memory of its own.</summary>
    /// <inheritdoc cref="Input"/>
    public Shape? Viewed(int i) => fusion.Views.Contains(Number(i)) ? shapes[graph.Nodes[Number(i)].Inputs[0]] : null;

    /// <summary>A parameter, decoded, on the device.</summary>
    public Tensor<float> Parameter(string name, Shape shape) => Tensor<float>.From(device, shape, FoldedLayer.Values(parameters, name));

    int Number(int i) => graph.Nodes[step.Head].Inputs[i];
}
