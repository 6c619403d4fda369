namespace Pqf.Nets.Graphs;

/// <summary>Single channels, called atoms: which of them move together, and which may change places. Local to one derivation.</summary>
/// <remarks>
/// Equal atoms of one value stand for equal data. A mark is a number that some atoms have in common: one layer reads them, say.
/// A link is a rule that some atoms obey together, such as left + right = sum. Linked atoms move together, so they are one class.
/// An exchange of two classes takes each atom of one to an atom of the other. It leaves the network's function unchanged if it preserves
/// all marks and links. Which atom goes to which follows from marks and links. A class for which they leave it open stays where it is.
/// </remarks>
sealed class ChannelAtoms
{
    readonly List<int> above = [];
    readonly HashSet<int> still = [];
    readonly List<(int Atom, int Mark)> marked = [];
    readonly List<int[]> links = [];
    readonly Dictionary<(int Prefix, int Next), int> numbers = [];
    int markCount;

    /// <summary>Atoms that share no rule yet.</summary>
    public int[] New(int count)
    {
        int first = above.Count;
        above.AddRange(Enumerable.Range(first, count));
        return [.. Enumerable.Range(first, count)];
    }

    /// <summary>A mark that no atom has yet.</summary>
    public int NewMark() => markCount++;

    /// <summary>Gives a mark to some atoms; to one that is there twice, twice.</summary>
    public void Mark(ReadOnlySpan<int> atoms, int mark)
    {
        foreach (int atom in atoms)
            marked.Add((atom, mark));
    }

    /// <summary>States that atoms obey a rule together.</summary>
    /// <param name="rule">Its mark.</param>
    /// <param name="atoms">In the order in which the rule names them.</param>
    public void Link(int rule, params ReadOnlySpan<int> atoms)
    {
        links.Add([rule, .. atoms]);
        foreach (int atom in atoms)
        {
            var (first, second) = (Root(atoms[0]), Root(atom));
            above[Math.Max(first, second)] = Math.Min(first, second);
        }
    }

    /// <summary>Forbids to move some atoms.</summary>
    public void Fix(ReadOnlySpan<int> atoms)
    {
        foreach (int atom in atoms)
            still.Add(atom);
    }

    /// <summary>Sets of two classes at least that may change places at will. Each class lists its atoms so that its nth one goes to the
    /// nth of another. Classes come in the order of their oldest atoms.</summary>
    public List<int[][]> Interchangeable()
    {
        int[] marks = Roles();
        var fixedRoots = still.Select(Root).ToHashSet();
        var linksOf = links.ToLookup(link => Root(link[1]));
        return
        [
            .. Enumerable
                .Range(0, above.Count)
                .GroupBy(Root)
                .Where(members => !fixedRoots.Contains(members.Key))
                .OrderBy(members => members.Key)
                .Select(members => Form([.. members], [.. members.Select(atom => marks[atom])], linksOf[members.Key]))
                .Where(found => found.Number is not null)
                .GroupBy(found => found.Number, found => found.Atoms)
                .Where(alike => alike.Skip(1).Any())
                .Select(alike => alike.ToArray()),
        ];
    }

    /// <summary>A number for each atom; equal ones have equal marks.</summary>
    int[] Roles()
    {
        int[] roles = new int[above.Count];
        Array.Fill(roles, -1);
        foreach (var (atom, mark) in marked.Order())
            roles[atom] = Number(roles[atom], mark);
        return roles;
    }

    /// <summary>A number for a class, and its atoms in an order that corresponds to that of classes of the same number; null if that order
    /// is open.</summary>
    /// <param name="members">Atoms of the class.</param>
    /// <param name="roles">A number for each, by its marks; refined here by links as long as these tell more atoms apart.</param>
    /// <param name="within">Links of the class.</param>
    (int? Number, int[] Atoms) Form(int[] members, int[] roles, IEnumerable<int[]> within)
    {
        var places = members.Select((atom, i) => (atom, i)).ToDictionary(pair => pair.atom, pair => pair.i);
        int[][] local = [.. within.Select(link => (int[])[link[0], .. link.Skip(1).Select(atom => places[atom])])];
        for (int told = 0, now = roles.Distinct().Count(); now < members.Length; now = roles.Distinct().Count())
        {
            if (now == told)
                return (null, members);
            (told, roles) = (now, Refined(roles, local));
        }

        int[] order = [.. Enumerable.Range(0, members.Length).OrderBy(i => roles[i])],
            rank = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            rank[order[i]] = i;
        int form = Number(-1, members.Length);
        foreach (int i in order)
            form = Number(form, roles[i]);
        foreach (int[] link in Sorted(local.Select(link => (int[])[link[0], .. link.Skip(1).Select(i => rank[i])])))
            form = Number(form, link);
        return (form, [.. order.Select(i => members[i])]);
    }

    /// <summary>Roles that differ also where those of linked atoms do.</summary>
    int[] Refined(int[] roles, int[][] links)
    {
        var around = roles.Select(_ => new List<int[]>()).ToArray();
        foreach (int[] link in links)
            for (int slot = 1; slot < link.Length; slot++)
                around[link[slot]].Add([link[0], slot, .. link.Skip(1).Select(i => roles[i])]);
        return [.. roles.Select((role, i) => Sorted(around[i]).Aggregate(Number(-2, role), Number))];
    }

    static IEnumerable<int[]> Sorted(IEnumerable<int[]> lists) =>
        lists.Order(Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    int Number(int prefix, int[] list) => list.Prepend(list.Length).Aggregate(prefix, Number);

    /// <summary>A number for a list of numbers: that of the list without its end, and its end.</summary>
    int Number(int prefix, int next)
    {
        if (!numbers.TryGetValue((prefix, next), out int number))
            numbers[(prefix, next)] = number = numbers.Count;
        return number;
    }

    int Root(int atom)
    {
        while (above[atom] != atom)
            atom = above[atom] = above[above[atom]];
        return atom;
    }
}
