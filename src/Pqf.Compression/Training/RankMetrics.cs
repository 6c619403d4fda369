using System.Collections.Immutable;
using Pqf.Compression.Collectives;

namespace Pqf.Compression.Training;

/// <summary>Measurements of several ranks.</summary>
static class RankMetrics
{
    /// <summary>All ranks' measurements, in the ranks' order.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="own">This rank's; ranks may have different numbers of them.</param>
    /// <param name="names">Of the averages of each measurement: a rank may have none.</param>
    public static ImmutableArray<Metrics> Gather(this ICollective ranks, ImmutableArray<Metrics> own, ImmutableArray<string> names)
    {
        if (ranks.Size == 1)
            return own;
        int[] counts = new int[ranks.Size];
        ranks.AllGather(Agreement.AsBytes([own.Length]), Agreement.AsBytes(counts));
        int length = 1 + names.Length;
        double[] mine = new double[counts.Max() * length],
            all = new double[mine.Length * ranks.Size];
        for (int i = 0; i < own.Length; i++)
            ((double[])[own[i].Count, .. own[i].Means.Select(mean => mean.Value)]).CopyTo(mine, i * length);
        ranks.AllGather(Agreement.AsBytes(mine), Agreement.AsBytes(all));
        return
        [
            .. Enumerable
                .Range(0, ranks.Size)
                .SelectMany(rank => Enumerable.Range(0, counts[rank]).Select(i => (rank * mine.Length) + (i * length)))
                .Select(first => new Metrics((int)all[first], [.. names.Select((name, m) => new Mean(name, all[first + 1 + m]))])),
        ];
    }
}
