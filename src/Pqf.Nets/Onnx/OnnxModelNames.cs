using System.Collections.Immutable;
using Pqf.Nets.Graphs;

namespace Pqf.Nets.Onnx;

/// <summary>What a model calls its images and its values.</summary>
/// <param name="Input">The images.</param>
/// <param name="Outputs">The values, in the model's order.</param>
public sealed record OnnxModelNames(string Input, ImmutableArray<OnnxNetworkOutput> Outputs)
{
    /// <summary>Names of a classifier: <c>input</c> and <c>logits</c>. Values before the last are numbered.</summary>
    public static OnnxModelNames Usual(Graph graph) =>
        new(
            "input",
            [
                .. graph.Outputs.Select(node => new OnnxNetworkOutput(
                    node == graph.Output ? "logits" : FormattableString.Invariant($"value{node}"),
                    node
                )),
            ]
        );

    /// <summary>The first name of a node's value; null if the model does not give it.</summary>
    internal string? Of(int node) => Outputs.FirstOrDefault(output => output.Node == node)?.Name;
}
