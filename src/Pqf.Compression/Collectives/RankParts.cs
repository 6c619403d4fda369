using System.Collections.Immutable;

namespace Pqf.Compression.Collectives;

/// <summary>Shares out independent parts of a work among the ranks of a run.</summary>
static class RankParts
{
    /// <summary>The rank of each part: the costliest part first, each to the rank with the least work so far.</summary>
    /// <param name="costs">One for each part, in any unit; not negative.</param>
    /// <param name="rankCount">Ranks of the run.</param>
    /// <returns>A rank for each part, the same on all ranks.</returns>
    public static ImmutableArray<int> Owners(ImmutableArray<double> costs, int rankCount)
    {
        double[] loads = new double[rankCount];
        int[] owners = new int[costs.Length];
        foreach (int part in Enumerable.Range(0, costs.Length).OrderByDescending(part => costs[part]).ThenBy(part => part))
        {
            int rank = Array.IndexOf(loads, loads.Min());
            (owners[part], loads[rank]) = (rank, loads[rank] + costs[part]);
        }

        return [.. owners];
    }

    /// <summary>Does this rank's parts and gives every rank all of them.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="costs">As for <see cref="Owners"/>.</param>
    /// <param name="work">Does a part; may be cancelled.</param>
    /// <param name="pack">The bytes of what a part gave.</param>
    /// <param name="unpack">Reads them.</param>
    /// <exception cref="RanksStoppedException">The work of some rank was cancelled.</exception>
    public static ImmutableArray<T> Run<T>(
        ICollective ranks,
        ImmutableArray<double> costs,
        Func<int, T> work,
        Func<T, byte[]> pack,
        Func<byte[], T> unpack
    )
    {
        if (ranks.Size == 1)
            return [.. Enumerable.Range(0, costs.Length).Select(work)];
        var owners = Owners(costs, ranks.Size);
        var own = new Dictionary<int, T>();
        bool isStopped = false;
        try
        {
            for (int part = 0; part < owners.Length; part++)
                if (owners[part] == ranks.Rank)
                    own[part] = work(part);
        }
        catch (OperationCanceledException)
        {
            isStopped = true;
        }

        ranks.Meet(isStopped);
        return
        [
            .. owners.Select(
                (owner, part) =>
                {
                    byte[] bytes = ranks.Share(owner == ranks.Rank ? pack(own[part]) : [], owner);
                    return owner == ranks.Rank ? own[part] : unpack(bytes);
                }
            ),
        ];
    }
}
