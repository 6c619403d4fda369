using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>All networks that are known by name.</summary>
public static class Networks
{
    /// <summary>Names that <see cref="Build"/> knows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. ResNet.Names, MaskRcnn.Name];

    /// <summary>The graph of a network: a classifier's, or a detector's as a whole.</summary>
    /// <returns>The graph, or an error that lists the known names when this one is not among them, or that says which number is out of
    /// range.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture) =>
        architecture.Name switch
        {
            MaskRcnn.Name => MaskRcnn.Build(architecture),
            _ when ResNet.Names.Contains(architecture.Name) => ResNet.Build(architecture),
            _ => new PqfError.Config(
                "model",
                "arch",
                $"expected one of {string.Join(", ", Names)}, got {architecture.Name} (nearest: {NearestName.Of(architecture.Name, Names)})"
            ),
        };
}
