using System.Collections.Immutable;

namespace Pqf.Nets.Graphs;

/// <summary>What an axis of a parameter holds for each channel.</summary>
enum ChannelRole
{
    /// <summary>Rows of a weight, and its bias.</summary>
    Rows,

    /// <summary>The four vectors of a norm.</summary>
    Norm,

    /// <summary>Another parameter.</summary>
    Vector,

    /// <summary>Columns of a weight.</summary>
    Columns,
}

/// <summary>An axis of a parameter and the atoms along it.</summary>
/// <param name="Layer">The layer's name; the parameter's for <see cref="ChannelRole.Vector"/>.</param>
/// <param name="Role">What the axis holds.</param>
/// <param name="Atoms">An atom for each channel.</param>
/// <param name="Run">Neighbouring values of each.</param>
sealed record BoundAxis(string Layer, ChannelRole Role, int[] Atoms, int Run)
{
    /// <summary>Which part of the rows has these columns.</summary>
    public int Part { get; init; }

    /// <summary>Parts of the rows.</summary>
    public int PartCount { get; init; } = 1;

    /// <summary>The groups of channels that may change places.</summary>
    /// <param name="axes">All axes, in the order of their layers' first nodes.</param>
    /// <param name="sets">Classes of atoms that are alike: <see cref="ChannelAtoms.Interchangeable"/>.</param>
    /// <param name="layers">Names in the order of the layers.</param>
    /// <param name="transposed">Layers whose weights have their inputs first.</param>
    public static ImmutableArray<ChannelGroup> Groups(
        IReadOnlyList<BoundAxis> axes,
        List<int[][]> sets,
        ImmutableArray<string> layers,
        IReadOnlySet<string> transposed
    )
    {
        var placeOf = PlacesOf(sets);
        var runs = sets.Select(_ => new List<(ChannelRole Role, ChannelRun Run)>()).ToArray();
        foreach (var axis in axes)
            axis.AddRuns(placeOf, sets, runs);
        var number = layers.Select((layer, i) => (layer, i)).ToDictionary(pair => pair.layer, pair => pair.i);
        int Number(ChannelRun run) => number.GetValueOrDefault(run.Layer);
        return
        [
            .. Enumerable
                .Range(0, sets.Count)
                .Where(set => runs[set].Any(run => run.Role == ChannelRole.Rows) && runs[set].Any(run => run.Role == ChannelRole.Columns))
                .Select(set => Group(sets[set].Length, runs[set].ToLookup(run => run.Role, run => run.Run), Number, transposed))
                .OrderBy(group => Number(group.Rows[0]))
                .ThenBy(group => group.Rows[0].First),
        ];
    }

    static ChannelGroup Group(
        int channelCount,
        ILookup<ChannelRole, ChannelRun> runs,
        Func<ChannelRun, int> number,
        IReadOnlySet<string> transposed
    ) =>
        new()
        {
            ChannelCount = channelCount,
            Rows = [.. runs[ChannelRole.Rows].OrderBy(number)],
            Norms = [.. runs[ChannelRole.Norm].OrderBy(number)],
            Vectors = [.. runs[ChannelRole.Vector].OrderBy(vector => vector.Layer, StringComparer.Ordinal)],
            Children = [.. runs[ChannelRole.Columns].OrderBy(number)],
            Transposed = [.. runs[ChannelRole.Rows].Concat(runs[ChannelRole.Columns]).Select(run => run.Layer).Where(transposed.Contains)],
        };

    /// <summary>For each atom its set, its class within the set and its place within the class.</summary>
    static Dictionary<int, (int Set, int Class, int Member)> PlacesOf(List<int[][]> sets)
    {
        var places = new Dictionary<int, (int, int, int)>();
        for (int set = 0; set < sets.Count; set++)
        for (int channel = 0; channel < sets[set].Length; channel++)
        for (int member = 0; member < sets[set][channel].Length; member++)
            places[sets[set][channel][member]] = (set, channel, member);
        return places;
    }

    /// <summary>What each set has of this axis. The nth place of an atom corresponds to the nth place of another.</summary>
    void AddRuns(
        Dictionary<int, (int Set, int Class, int Member)> placeOf,
        List<int[][]> sets,
        List<(ChannelRole Role, ChannelRun Run)>[] runs
    )
    {
        var found = new Dictionary<(int Set, int Member, int Time), int[]>();
        var times = new Dictionary<int, int>();
        for (int place = 0; place < Atoms.Length; place++)
        {
            int time = times[Atoms[place]] = times.GetValueOrDefault(Atoms[place]) + 1;
            if (!placeOf.TryGetValue(Atoms[place], out var at))
                continue;
            if (!found.TryGetValue((at.Set, at.Member, time), out int[]? places))
                found[(at.Set, at.Member, time)] = places = new int[sets[at.Set].Length];
            places[at.Class] = place;
        }

        foreach (var ((set, _, _), places) in found.OrderBy(pair => pair.Value[0]))
            runs[set].Add((Role, new ChannelRun(Layer, Run, IsWhole(places) ? null : new([.. places], Atoms.Length, Part, PartCount))));
    }

    bool IsWhole(int[] places) => PartCount == 1 && places.Length == Atoms.Length && !places.Where((place, i) => place != i).Any();
}
