using System.Collections.Immutable;
using Pqf.Nets.Layers;

namespace Pqf.Nets.Graphs;

/// <summary>A network as data: nodes in an order in which each reads earlier ones only.</summary>
/// <param name="Nodes">A node's number is its place.</param>
/// <param name="Outputs">Numbers of the nodes whose values are the network's, one at least, rising.</param>
/// <exception cref="ArgumentException">The outputs are none, do not rise, or are not among the nodes.</exception>
public sealed record Graph(ImmutableArray<Layer> Nodes, ImmutableArray<int> Outputs)
{
    /// <summary>Numbers of the nodes whose values are the network's, one at least, rising.</summary>
    public ImmutableArray<int> Outputs { get; init; } = Checked(Outputs, Nodes.Length);

    /// <summary>A network whose value is the last node's.</summary>
    public Graph(ImmutableArray<Layer> nodes)
        : this(nodes, [nodes.Length - 1]) { }

    /// <summary>Number of the last node whose value is the network's: the only one of most networks.</summary>
    public int Output => Outputs[^1];

    /// <summary>Name of the first convolution, which reads the images; null if there is none.</summary>
    public string? FirstConvolution => Nodes.OfType<Conv2dLayer>().FirstOrDefault()?.Name;

    /// <summary>The batch norms in graph order; one that is used twice counts once.</summary>
    public IEnumerable<BatchNormLayer> BatchNorms => Nodes.OfType<BatchNormLayer>().DistinctBy(norm => norm.Name);

    /// <summary>Whether compiled plans run the graph whole. Detectors have joints, and are compiled in parts.</summary>
    public bool HasJoints => Nodes.Any(node => node.IsJoint);

    /// <summary>The same with other numbers of boxes, which shapes and costs depend on.</summary>
    /// <param name="counts">Most boxes of an image, for each joint in order.</param>
    public Graph WithBoxCounts(ImmutableArray<int> counts)
    {
        int joint = 0;
        return this with { Nodes = [.. Nodes.Select(node => node is RoiAlignLayer align ? align.WithBoxCount(counts[joint++]) : node)] };
    }

    /// <summary>Numbers of the nodes that the outputs depend on, themselves among them.</summary>
    internal ImmutableHashSet<int> NeededNodes()
    {
        var needed = Outputs.ToHashSet();
        for (int i = Output; i >= 0; i--)
            if (needed.Contains(i))
                needed.UnionWith(Nodes[i].Inputs);
        return [.. needed];
    }

    /// <summary>For each node the number of the last node that reads it; its own if none does, and the node count for an output.</summary>
    public ImmutableArray<int> LastReaders()
    {
        int[] last = [.. Enumerable.Range(0, Nodes.Length)];
        for (int i = 0; i < Nodes.Length; i++)
            foreach (int input in Nodes[i].Inputs)
                last[input] = i;
        foreach (int output in Outputs)
            last[output] = Nodes.Length;
        return [.. last];
    }

    /// <summary>The number of the only node that reads a node's value; null if it is an output, or has more readers or none.</summary>
    public int? SoleReader(int node)
    {
        int[] readers = [.. Enumerable.Range(0, Nodes.Length).Where(i => Nodes[i].Inputs.Contains(node)).Take(2)];
        return readers is [var only] && !Outputs.Contains(node) ? only : null;
    }

    static ImmutableArray<int> Checked(ImmutableArray<int> outputs, int count)
    {
        bool rises = outputs.Zip(outputs.Skip(1)).All(pair => pair.First < pair.Second);
        return outputs.Length > 0 && rises && outputs[0] >= 0 && outputs[^1] < count
            ? outputs
            : throw new ArgumentException(
                $"Graph: expected numbers of outputs, one at least, that rise and are below {count}, got [{string.Join(", ", outputs)}]",
                nameof(outputs)
            );
    }
}
