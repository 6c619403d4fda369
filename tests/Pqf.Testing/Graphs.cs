using Pqf.Nets;
using Pqf.Tensors;

namespace Pqf.Testing;

/// <summary>Graphs for tests.</summary>
public static class Graphs
{
    /// <summary>A graph of a known name.</summary>
    public static Graph Build(Architecture architecture) =>
        ResNet.Build(architecture).Match(graph => graph, error => throw new ArgumentException(error.Message, nameof(architecture)));
}
