using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Weights;

/// <summary>What training changes of a network: dense weights, biases, scales and shifts of norms, and codebooks. Codes, running statistics
/// and frozen norms have no gradients.</summary>
public static class Trainable
{
    /// <summary>The tensors themselves, which an optimizer overwrites in place.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists.</param>
    /// <returns>By PyTorch name; a quantised weight's codebook as <c>layer.codebook</c>, as in compressed files.</returns>
    public static ImmutableDictionary<string, Tensor<float>> Of(Graph graph, Parameters parameters) =>
        ParameterSpecs
            .Of(graph)
            .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar) && !spec.IsFrozen)
            .ToImmutableDictionary(
                spec => parameters[spec.Name].Match(_ => spec.Name, _ => CodebookName(spec.Layer)),
                spec => parameters[spec.Name].Match(dense => dense.Value, quantised => quantised.Codebook)
            );

    /// <summary>Name of a quantised layer's codebook.</summary>
    public static string CodebookName(string layer) => $"{layer}.codebook";
}
