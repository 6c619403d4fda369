using System.Collections.Immutable;

namespace Pqf.Nets.Graphs;

/// <summary>Orders of channels, joined as sums ask for. Layers make them and bind their weights to them. Local to one
/// derivation.</summary>
sealed class ChannelSpaces
{
    readonly List<Space> all = [];

    // Where a layer's weights were bound first: a layer used twice has one order of inputs and one of outputs.
    readonly Dictionary<string, (int Input, int Output)> bound = [];

    // Layers whose weights have their inputs first.
    readonly HashSet<string> transposed = [];

    /// <summary>An order of channels that no layer shares yet.</summary>
    public int New(int channelCount)
    {
        all.Add(new Space(all.Count, channelCount));
        return all.Count - 1;
    }

    /// <summary>Binds a weight [out, in, …]: its columns follow one space, its rows make another.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="input">Space of what it reads.</param>
    /// <param name="inFeatures">Columns: channels, or channels × pixels of a flattened value.</param>
    /// <param name="outFeatures">Rows.</param>
    /// <returns>The space of its value.</returns>
    public int AddWeight(string layer, int input, int inFeatures, int outFeatures)
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

    /// <summary>Binds a weight [in, out, …], as <see cref="AddWeight"/>.</summary>
    public int AddTransposedWeight(string layer, int input, int inFeatures, int outFeatures)
    {
        transposed.Add(layer);
        return AddWeight(layer, input, inFeatures, outFeatures);
    }

    /// <summary>Binds a weight with one row for each channel: rows follow the space, and the value keeps it.</summary>
    public void AddFilters(string layer, int space)
    {
        Bind(layer, space);
        all[Root(space)].Parents.Add(layer);
    }

    /// <summary>Binds the vectors of a norm: they follow the space.</summary>
    public void AddNorm(string layer, int space, int features)
    {
        Bind(layer, space);
        all[Root(space)].Norms.Add(new(layer, features / all[Root(space)].ChannelCount));
    }

    /// <summary>Binds a parameter with values for each channel: it follows the space.</summary>
    /// <param name="parameter">Its full name.</param>
    /// <param name="space">The space.</param>
    /// <param name="length">Its values.</param>
    public void AddVector(string parameter, int space, int length)
    {
        Bind(parameter, space);
        all[Root(space)].Vectors.Add(new(parameter, length / all[Root(space)].ChannelCount));
    }

    /// <summary>A space whose values lie in an order of their own, which may not change.</summary>
    public int NewFixed()
    {
        int space = New(1);
        all[space].Fixed = true;
        all[space].IsFlattened = true;
        return space;
    }

    /// <summary>States that the values of a space may be pixels of its channels, side by side.</summary>
    public void Flatten(int space) => all[Root(space)].IsFlattened = true;

    /// <summary>Joins what is computed element by element. A value of one channel is broadcast and joins nothing.</summary>
    /// <returns>The space of the result.</returns>
    public int JoinBroadcast(int left, int right)
    {
        if (IsBroadcast(left, right))
            return right;
        if (!IsBroadcast(right, left))
            Join(left, right);
        return left;
    }

    bool IsBroadcast(int space, int over) =>
        all[Root(space)] is { ChannelCount: 1, IsFlattened: false } && all[Root(over)].ChannelCount > 1;

    /// <summary>Forbids to reorder a space.</summary>
    public void Fix(int space) => all[Root(space)].Fixed = true;

    /// <summary>Makes two spaces one, as where values are added channel by channel.</summary>
    public void Join(int left, int right)
    {
        int first = Math.Min(Root(left), Root(right)),
            second = Math.Max(Root(left), Root(right));
        if (first == second)
            return;
        if (all[first].ChannelCount != all[second].ChannelCount)
        {
            // Features of one are pixels of the other's channels: no common order.
            Fix(first);
            Fix(second);
            return;
        }

        all[second].Root = first;
        all[first].Fixed |= all[second].Fixed;
        all[first].Parents.UnionWith(all[second].Parents);
        all[first].IsFlattened |= all[second].IsFlattened;
        all[first].Vectors.UnionWith(all[second].Vectors);
        all[first].Norms.UnionWith(all[second].Norms);
        all[first].Children.UnionWith(all[second].Children);
    }

    /// <summary>What may be reordered, with names in the order of the layers.</summary>
    public ImmutableArray<ChannelGroup> Groups(ImmutableArray<string> layers)
    {
        var groups = all.Where((space, i) => space.Root == i && !space.Fixed && space.Parents.Count > 0 && space.Children.Count > 0)
            .Select(space => new ChannelGroup
            {
                ChannelCount = space.ChannelCount,
                Parents = [.. layers.Where(space.Parents.Contains)],
                Norms = [.. space.Norms.OrderBy(norm => layers.IndexOf(norm.Layer))],
                Vectors = [.. space.Vectors.OrderBy(vector => vector.Layer, StringComparer.Ordinal)],
                Children = [.. space.Children.OrderBy(child => layers.IndexOf(child.Layer))],
                Transposed =
                [
                    .. transposed.Where(layer => space.Parents.Contains(layer) || space.Children.Any(child => child.Layer == layer)),
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

    sealed class Space(int root, int channelCount)
    {
        public int ChannelCount { get; } = channelCount;

        public int Root { get; set; } = root;

        public bool Fixed { get; set; }

        public bool IsFlattened { get; set; }

        public HashSet<ChannelRun> Vectors { get; } = [];

        public HashSet<string> Parents { get; } = [];

        public HashSet<ChannelRun> Norms { get; } = [];

        public HashSet<ChannelRun> Children { get; } = [];
    }
}
