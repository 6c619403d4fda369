using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Coco;

namespace Pqf.Nets.Graphs;

/// <summary>Finds the permutation groups of any graph by following each channel from the layer that makes it to the layers that take it
/// in.</summary>
/// <remarks>
/// Every value has a space: the order of its channels. A layer makes a new space; ReLU, pools, norms, flattening, resizing and RoIAlign
/// keep their input's; a sum, the levels of one
/// RoIAlign, and the inputs of a layer that is used several times make spaces one. A space may be reordered if it is neither the network's
/// input nor one of its outputs. The published implementation lists its groups by hand for each network instead.
/// </remarks>
public static class ChannelGroups
{
    /// <summary>All groups, in the order in which their first parents come in the graph.</summary>
    public static ImmutableArray<ChannelGroup> Of(Graph graph)
    {
        var spaces = new Spaces();
        int[] values = new int[graph.Nodes.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = Follow(graph.Nodes[i], values, spaces);
        foreach (int output in graph.Outputs)
            spaces.Block(values[output]);
        ImmutableArray<string> layers = [.. ParameterSpecs.Of(graph).Select(spec => spec.Layer).Distinct()];
        return spaces.Groups(layers);
    }

    /// <summary>The space of a node's value.</summary>
    static int Follow(Node node, int[] values, Spaces spaces)
    {
        switch (node)
        {
            case Node.Input n:
                int images = spaces.New(n.Channels);
                spaces.Block(images);
                return images;
            case Node.Conv2d n:
                return Convolution(n, values[n.X], spaces);
            case Node.ConvTranspose2d n:
                spaces.Transposed.Add(n.Layer);
                return spaces.Layer(n.Layer, values[n.X], n.InChannels, n.OutChannels);
            case Node.Linear n:
                return spaces.Layer(n.Layer, values[n.X], n.InFeatures, n.OutFeatures);
            case Node.BatchNorm n:
                spaces.Norm(n.Layer, values[n.X], n.Channels);
                return values[n.X];
            case Node.Add n:
                spaces.Join(values[n.Left], values[n.Right]);
                return values[n.Left];
            case Node.RoiAlign n:
                foreach (int level in n.Levels)
                    spaces.Join(values[n.Levels[0]], values[level]);
                return values[n.Levels[0]];
            case Node.Relu or Node.MaxPool2d or Node.GlobalAvgPool or Node.Flatten or Node.Upsample:
                return values[node.Inputs[0]];
            default:
                throw new UnreachableException();
        }
    }

    static int Convolution(Node.Conv2d n, int input, Spaces spaces)
    {
        int groups = n.Options.Groups;
        if (groups > 1 && groups == n.InChannels && groups == n.OutChannels)
        {
            spaces.Filters(n.Layer, input); // one filter for each channel goes where its channel goes
            return input;
        }

        int output = spaces.Layer(n.Layer, input, n.InChannels, n.OutChannels);
        if (groups > 1)
        {
            spaces.Block(input); // channels may not leave their group of the convolution
            spaces.Block(output);
        }

        return output;
    }

    /// <summary>Spaces, joined as sums ask for; local to one derivation.</summary>
    sealed class Spaces
    {
        readonly List<Space> all = [];

        // Where a layer's weights were bound first: a layer used twice has one order of inputs and one of outputs.
        readonly Dictionary<string, (int Input, int Output)> bound = [];

        /// <summary>Layers whose weights have their inputs first.</summary>
        public HashSet<string> Transposed { get; } = [];

        public int New(int channelCount)
        {
            all.Add(new Space(all.Count, channelCount));
            return all.Count - 1;
        }

        /// <summary>A layer that takes in one space and makes another.</summary>
        public int Layer(string layer, int input, int inFeatures, int outFeatures)
        {
            if (!bound.TryGetValue(layer, out var before))
            {
                bound[layer] = before = (input, New(outFeatures));
                all[before.Output].Parents.Add(layer);
                all[Root(input)].Children.Add(new(layer, inFeatures / all[Root(input)].ChannelCount));
            }

            Join(before.Input, input);
            return before.Output;
        }

        /// <summary>A layer with one filter for each channel.</summary>
        public void Filters(string layer, int space)
        {
            Bind(layer, space);
            all[Root(space)].Parents.Add(layer);
        }

        public void Norm(string layer, int space, int features)
        {
            Bind(layer, space);
            all[Root(space)].Norms.Add(new(layer, features / all[Root(space)].ChannelCount));
        }

        public void Block(int space) => all[Root(space)].Blocked = true;

        public void Join(int left, int right)
        {
            int first = Math.Min(Root(left), Root(right)),
                second = Math.Max(Root(left), Root(right));
            if (first == second)
                return;
            if (all[first].ChannelCount != all[second].ChannelCount)
            {
                // Features of one are pixels of the other's channels: no common order.
                Block(first);
                Block(second);
                return;
            }

            all[second].Root = first;
            all[first].Blocked |= all[second].Blocked;
            all[first].Parents.UnionWith(all[second].Parents);
            all[first].Norms.UnionWith(all[second].Norms);
            all[first].Children.UnionWith(all[second].Children);
        }

        /// <summary>What may be reordered, with names in the order of the layers.</summary>
        public ImmutableArray<ChannelGroup> Groups(ImmutableArray<string> layers)
        {
            var groups = all.Where((space, i) => space.Root == i && !space.Blocked && space.Parents.Count > 0 && space.Children.Count > 0)
                .Select(space => new ChannelGroup
                {
                    ChannelCount = space.ChannelCount,
                    Parents = [.. layers.Where(space.Parents.Contains)],
                    Norms = [.. space.Norms.OrderBy(norm => layers.IndexOf(norm.Layer))],
                    Children = [.. space.Children.OrderBy(child => layers.IndexOf(child.Layer))],
                    Transposed =
                    [
                        .. Transposed.Where(layer => space.Parents.Contains(layer) || space.Children.Any(child => child.Layer == layer)),
                    ],
                });
            return [.. groups.OrderBy(group => layers.IndexOf(group.Parents[0]))];
        }

        void Bind(string layer, int space)
        {
            if (bound.TryGetValue(layer, out var before))
                Join(before.Input, space);
            else
                bound[layer] = (space, space);
        }

        int Root(int space) => all[space].Root == space ? space : Root(all[space].Root);
    }

    sealed class Space(int root, int channelCount)
    {
        public int ChannelCount { get; } = channelCount;

        public int Root { get; set; } = root;

        public bool Blocked { get; set; }

        public HashSet<string> Parents { get; } = [];

        public HashSet<ChannelRun> Norms { get; } = [];

        public HashSet<ChannelRun> Children { get; } = [];
    }
}
