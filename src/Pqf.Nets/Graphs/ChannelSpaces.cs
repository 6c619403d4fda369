using System.Collections.Immutable;

namespace Pqf.Nets.Graphs;

/// <summary>The channels of each value, one atom a channel. Layers make them, pick and join them, and bind their weights to them. Local to
/// one derivation.</summary>
sealed class ChannelSpaces
{
    readonly ChannelAtoms atoms = new();
    readonly List<Space> all = [];
    readonly List<BoundAxis> axes = [];

    // Where a layer's weights were bound first: a layer used twice has one order of inputs and one of outputs.
    readonly Dictionary<string, (int Input, int Output)> bound = [];

    // Layers whose weights have their inputs first.
    readonly HashSet<string> transposed = [];

    /// <summary>Channels that no layer shares yet.</summary>
    /// <param name="channelCount">Their number.</param>
    /// <param name="rank">Axes of the value.</param>
    public int New(int channelCount, int rank = 4) => Add(new Space(atoms.New(channelCount), rank));

    /// <summary>A value whose channels are not followed: its layers have no order but the present one.</summary>
    public int NewFixed(int rank = 4) => Add(new Space([], rank) { IsUnknown = true });

    /// <summary>The channels of a value whose layer returned its input's: as many, each computed from the input's own.</summary>
    /// <param name="x">The input.</param>
    /// <param name="hasEqualPixels">Whether the value has as many pixels as the input.</param>
    public int Copy(int x, bool hasEqualPixels = false) => Join([x], all[x].IsOnePixel && hasEqualPixels);

    /// <summary>The channels of the mean over all pixels.</summary>
    public int Pooled(int x) => Join([x], true);

    /// <summary>Axes of a value.</summary>
    public int Rank(int space) => all[space].Rank;

    /// <summary>Channels of a value; null where they are not followed, and of pixels side by side.</summary>
    public int? ChannelCount(int space) => all[space] is { IsUnknown: false, IsFlattened: false } known ? known.Atoms.Length : null;

    /// <summary>Channels of a value, pixels side by side aside; null where they are not followed.</summary>
    public int? AtomCount(int space) => all[space].IsUnknown ? null : all[space].Atoms.Length;

    /// <summary>Binds a weight [out, in, …]: its columns follow the input, its rows make new channels.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="input">Channels of what it reads.</param>
    /// <param name="inFeatures">Columns: channels, or channels × pixels of a flattened value.</param>
    /// <param name="outFeatures">Rows.</param>
    /// <param name="groups">Parts of the rows, each of which reads a part of the channels only.</param>
    /// <returns>Channels of its value.</returns>
    public int AddWeight(string layer, int input, int inFeatures, int outFeatures, int groups = 1)
    {
        if (bound.TryGetValue(layer, out var before))
        {
            Tie(before.Input, input);
            return Copy(before.Output);
        }

        int output = New(outFeatures, all[input].Rank);
        bound[layer] = (input, output);
        Add(new BoundAxis(layer, ChannelRole.Rows, all[output].Atoms, 1));
        if (Run(input, inFeatures) is { } run)
        {
            int[] columns = all[input].Atoms;
            int length = columns.Length / groups;
            for (int part = 0; part < groups; part++)
                Add(
                    new BoundAxis(layer, ChannelRole.Columns, columns[(part * length)..((part + 1) * length)], run)
                    {
                        Part = part,
                        PartCount = groups,
                    }
                );
        }

        MarkParts(output, groups);
        return output;
    }

    /// <summary>Binds a weight [in, out, …], as <see cref="AddWeight"/>.</summary>
    public int AddTransposedWeight(string layer, int input, int inFeatures, int outFeatures)
    {
        transposed.Add(layer);
        return AddWeight(layer, input, inFeatures, outFeatures);
    }

    /// <summary>Binds a weight with one row for each channel: rows follow the channels.</summary>
    public void AddFilters(string layer, int space, int channelCount) => Bind(layer, ChannelRole.Rows, space, channelCount);

    /// <summary>Binds the vectors of a norm: they follow the channels.</summary>
    public void AddNorm(string layer, int space, int features) => Bind(layer, ChannelRole.Norm, space, features);

    /// <summary>Binds a parameter with values for each channel: it follows them.</summary>
    /// <param name="parameter">Its full name.</param>
    /// <param name="space">The channels.</param>
    /// <param name="length">Its values.</param>
    public void AddVector(string parameter, int space, int length) => Bind(parameter, ChannelRole.Vector, space, length);

    /// <summary>Forbids to move channels.</summary>
    public void Fix(int space) => atoms.Fix(all[space].Atoms);

    /// <summary>Rows of all values, channel by channel.</summary>
    public int Flatten(int x) => Add(all[x] with { Rank = 2, IsFlattened = !all[x].IsOnePixel });

    /// <summary>The same channels, of a value with other axes; no longer flattened.</summary>
    public int WithAxes(int x, int rank) => Copy(Add(all[x] with { Rank = rank, IsFlattened = false }));

    /// <summary>Channels one after another.</summary>
    public int Concat(ImmutableArray<int> parts)
    {
        if (parts.Any(part => ChannelCount(part) is null))
            return FixAll(parts);
        return Add(
            new Space([.. parts.SelectMany(part => all[part].Atoms)], all[parts[0]].Rank)
            {
                IsOnePixel = parts.All(part => all[part].IsOnePixel),
            }
        );
    }

    /// <summary>Some channels in some order.</summary>
    /// <param name="x">Of which.</param>
    /// <param name="places">Their numbers; a function of the number of channels.</param>
    public int Pick(int x, Func<int, IEnumerable<int>> places) =>
        ChannelCount(x) is { } count ? Add(all[x] with { Atoms = [.. places(count).Select(place => all[x].Atoms[place])] }) : FixAll([x]);

    /// <summary>What is computed from two values element by element. A value of one channel is broadcast and joins nothing.</summary>
    /// <returns>Channels of the result.</returns>
    public int JoinBroadcast(int left, int right)
    {
        bool isOnePixel = all[left].IsOnePixel && all[right].IsOnePixel;
        int rank = Math.Max(all[left].Rank, all[right].Rank);
        int result =
            IsBroadcast(left, right) ? Join([right], isOnePixel)
            : IsBroadcast(right, left) ? Join([left], isOnePixel)
            : Join([left, right], isOnePixel);
        return Add(all[result] with { Rank = rank });
    }

    /// <summary>What is computed from values channel by channel.</summary>
    /// <returns>Channels of the result.</returns>
    public int Join(ImmutableArray<int> parts) => Join(parts, false);

    /// <summary>What may be reordered.</summary>
    /// <param name="layers">Names in the order of the layers.</param>
    public ImmutableArray<ChannelGroup> Groups(ImmutableArray<string> layers) =>
        BoundAxis.Groups(axes, atoms.Interchangeable(), layers, transposed);

    int Join(ImmutableArray<int> parts, bool isOnePixel)
    {
        var first = all[parts[0]];
        // Features of one may be pixels of the other's channels: no common order.
        if (parts.Any(part => all[part].IsUnknown || all[part].Atoms.Length != first.Atoms.Length))
            return FixAll(parts);
        int[] results = atoms.New(first.Atoms.Length);
        int rule = atoms.NewMark();
        atoms.Mark(results, rule);
        foreach (int part in parts)
        {
            atoms.Mark(all[part].Atoms, atoms.NewMark());
            MarkRepeats(all[part].Atoms, results);
        }

        for (int i = 0; i < results.Length; i++)
            atoms.Link(rule, [.. parts.Select(part => all[part].Atoms[i]), results[i]]);
        return Add(first with { Atoms = results, IsFlattened = parts.Any(part => all[part].IsFlattened), IsOnePixel = isOnePixel });
    }

    /// <summary>Tells apart what is computed from the first, second … place of an atom that is there several times.</summary>
    void MarkRepeats(int[] sources, int[] results)
    {
        var seen = new Dictionary<int, int>();
        var marks = new List<int>();
        for (int i = 0; i < sources.Length; i++)
        {
            int times = seen[sources[i]] = seen.GetValueOrDefault(sources[i]) + 1;
            if (times == 1)
                continue;
            if (marks.Count < times - 1)
                marks.Add(atoms.NewMark());
            atoms.Mark([results[i]], marks[times - 2]);
        }
    }

    /// <summary>Gives two values one order, as where a layer reads both.</summary>
    void Tie(int left, int right)
    {
        int[] first = all[left].Atoms,
            second = all[right].Atoms;
        bool isKnown = !all[left].IsUnknown && !all[right].IsUnknown && first.Length == second.Length;
        if (isKnown && first.AsSpan().SequenceEqual(second))
            return;
        // Which of several places of an atom goes where would differ between the two.
        if (!isKnown || first.Distinct().Count() < first.Length || second.Distinct().Count() < second.Length)
        {
            FixAll([left, right]);
            return;
        }

        int rule = atoms.NewMark();
        atoms.Mark(second, rule);
        for (int i = 0; i < first.Length; i++)
            atoms.Link(rule, first[i], second[i]);
    }

    void Bind(string name, ChannelRole role, int space, int features)
    {
        if (bound.TryGetValue(name, out var before))
        {
            Tie(before.Input, space);
            return;
        }

        bound[name] = (space, space);
        if (Run(space, features) is { } run)
            Add(new BoundAxis(name, role, all[space].Atoms, run));
    }

    /// <summary>Channels may not leave their part of a grouped convolution.</summary>
    void MarkParts(int space, int parts)
    {
        int[] channels = all[space].Atoms;
        int length = channels.Length / parts;
        for (int part = 0; parts > 1 && part < parts; part++)
            atoms.Mark(channels.AsSpan(part * length, length), atoms.NewMark());
    }

    /// <summary>Neighbouring features of each channel. What does not fit stays where it is.</summary>
    int? Run(int space, int features)
    {
        int count = all[space].Atoms.Length;
        if (count > 0 && (features == count || (all[space].IsFlattened && features % count == 0)))
            return features / count;
        Fix(space);
        return null;
    }

    bool IsBroadcast(int space, int over) => ChannelCount(space) == 1 && !all[over].IsUnknown && all[over].Atoms.Length > 1;

    int FixAll(ImmutableArray<int> parts)
    {
        foreach (int part in parts)
            Fix(part);
        return NewFixed(parts.Max(Rank));
    }

    void Add(BoundAxis axis)
    {
        atoms.Mark(axis.Atoms, atoms.NewMark());
        axes.Add(axis);
    }

    int Add(Space space)
    {
        all.Add(space);
        return all.Count - 1;
    }

    /// <param name="Atoms">An atom for each channel.</param>
    /// <param name="Rank">Axes of the value.</param>
    sealed record Space(int[] Atoms, int Rank)
    {
        /// <summary>Whether nothing is known of the channels.</summary>
        public bool IsUnknown { get; init; }

        /// <summary>Whether each channel may be several neighbouring features: its pixels.</summary>
        public bool IsFlattened { get; init; }

        /// <summary>Whether the value is known to have one pixel.</summary>
        public bool IsOnePixel { get; init; }
    }
}
