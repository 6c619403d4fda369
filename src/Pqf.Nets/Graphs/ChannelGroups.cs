using System.Collections.Immutable;

namespace Pqf.Nets.Graphs;

/// <summary>Finds the permutation groups of any graph by following each channel from the layer that makes it to the layers that take it
/// in.</summary>
/// <remarks>
/// Every channel of a value has an atom (<see cref="ChannelAtoms"/>). Layers make new atoms, pick and join them. Concatenation, slices and
/// shuffles carry atoms on; all other layers make new ones and link them to what they are computed from. Channels may change places if
/// the same layers read them, in the same parts of grouped convolutions, and what is computed from them may change places too. Channels
/// of the network's input and outputs stay. The published implementation lists its groups by hand for each network instead.
/// </remarks>
public static class ChannelGroups
{
    /// <summary>All groups, in the order in which their first parents come in the graph.</summary>
    public static ImmutableArray<ChannelGroup> Of(Graph graph)
    {
        var spaces = new ChannelSpaces();
        int[] values = new int[graph.Nodes.Length];
        for (int i = 0; i < values.Length; i++)
        {
            var node = graph.Nodes[i];
            ImmutableArray<int> inputs = [.. node.Inputs.Select(input => values[input])];
            int value = node.Space(spaces, inputs);
            // A step in place has as many pixels as its input.
            values[i] = inputs.Contains(value) ? spaces.Copy(value, node.IsInPlace) : value;
        }

        foreach (int output in graph.Outputs)
            spaces.Fix(values[output]);
        ImmutableArray<string> layers = [.. ParameterSpecs.Of(graph).Select(spec => spec.Layer).Distinct()];
        return spaces.Groups(layers);
    }
}
