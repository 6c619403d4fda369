using System.Collections.Immutable;

namespace Pqf.Nets.Graphs;

/// <summary>Finds the permutation groups of any graph by following each channel from the layer that makes it to the layers that take it
/// in.</summary>
/// <remarks>
/// Every value has a space: the order of its channels. Each layer says which space its value has: a new one, or its input's where channels
/// come out as they go in. A sum, the levels of one RoIAlign, and the inputs of a layer that is used several times make spaces one. A space
/// may be reordered if it is neither the network's input nor one of its outputs. The published implementation lists its groups by hand for
/// each network instead.
/// </remarks>
public static class ChannelGroups
{
    /// <summary>All groups, in the order in which their first parents come in the graph.</summary>
    public static ImmutableArray<ChannelGroup> Of(Graph graph)
    {
        var spaces = new ChannelSpaces();
        int[] values = new int[graph.Nodes.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = graph.Nodes[i].Space(spaces, [.. graph.Nodes[i].Inputs.Select(input => values[input])]);
        foreach (int output in graph.Outputs)
            spaces.Fix(values[output]);
        ImmutableArray<string> layers = [.. ParameterSpecs.Of(graph).Select(spec => spec.Layer).Distinct()];
        return spaces.Groups(layers);
    }
}
