using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx;

/// <summary>A network as an ONNX model has it.</summary>
/// <param name="Graph">Its graph. Layers are called as their weights are in the model.</param>
/// <param name="Tensors">Values of its parameters. They can be read while the model's file is open.</param>
/// <param name="Input">What it is given.</param>
/// <param name="Outputs">What it gives, in the model's order.</param>
/// <param name="Notes">What was assumed, a line each.</param>
public sealed record OnnxNetwork(
    Graph Graph,
    NamedTensors Tensors,
    OnnxNetworkInput Input,
    ImmutableArray<OnnxNetworkOutput> Outputs,
    ImmutableArray<string> Notes
);

/// <summary>The images that a model is given.</summary>
/// <param name="Name">Their name.</param>
/// <param name="Shape">[1, H, W, C].</param>
/// <param name="IsAnySize">Whether the model leaves rows or columns open.</param>
/// <param name="IsChannelsLast">Whether the model reads [N, H, W, C] itself; else it reads [N, C, H, W].</param>
public sealed record OnnxNetworkInput(string Name, Shape Shape, bool IsAnySize, bool IsChannelsLast);

/// <summary>A value that a model gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Node">Number of its node in the graph.</param>
public sealed record OnnxNetworkOutput(string Name, int Node);

/// <summary>A node of a model that does not become a layer.</summary>
/// <param name="Node">Its name, or that of its value if it has none.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Text">Why it does not.</param>
public sealed record OnnxProblem(string Node, string Operator, string Text);
