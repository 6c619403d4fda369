using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Compression.Permutation;

/// <summary>One group and the layer whose blocks decide its order.</summary>
/// <param name="Group">Layers that are reordered together.</param>
/// <param name="Child">The first optimisable child, or a transposed convolution among the parents, whose blocks run along its
/// outputs.</param>
/// <param name="ChildRuns">Where the channels lie along the child's rows: once, or at several places.</param>
/// <param name="D">Block length of the search. That of the child where the group has its whole rows. Elsewhere the group's columns are
/// searched as if they were neighbours, in blocks of the child's length or the nearest shorter one that divides them. Only the order's
/// quality depends on it.</param>
/// <param name="Strategies">Steps of its search.</param>
sealed record PlannedGroup(
    ChannelGroup Group,
    LayerBlocks Child,
    ImmutableArray<ChannelRun> ChildRuns,
    int D,
    ImmutableArray<PermutationStrategy> Strategies
)
{
    /// <summary>Whether the group has the child's whole rows, in order.</summary>
    public bool IsWhole => ChildRuns is [{ Places: null }];

    /// <summary>Columns of a row that one channel has.</summary>
    public int Run => Child.RowLength / Child.Weight[1] * ChildRuns.Sum(run => run.Run);

    /// <summary>Rows that the search sees: those of one part of a grouped convolution.</summary>
    public int Rows => Child.Rows / (ChildRuns[0].Places?.PartCount ?? 1);

    /// <summary>Whether a block holds parts of channels.</summary>
    public bool Straddles => D % Run != 0;

    /// <summary>Bytes that the search holds, or more.</summary>
    public long SearchBytes => Straddles ? sizeof(float) * (long)Child.Weight.Count : sizeof(double) * (long)ColumnCount * ColumnCount;

    /// <summary>About what the search costs, in multiplications: products of all pairs of columns, and a factorisation of a block's
    /// covariance for each of eight partners of a proposal.</summary>
    /// <param name="proposals">Exchanges proposed.</param>
    public double Cost(int proposals) =>
        ((double)Rows * ColumnCount * Group.ChannelCount) + (8.0 * proposals * D * D * (Straddles ? Rows / 8.0 : D));

    int ColumnCount => Group.ChannelCount * Run;

    /// <summary>The group with its search by a child; null if no order changes what the child's blocks hold.</summary>
    public static PlannedGroup? Of(ChannelGroup group, LayerBlocks child)
    {
        ImmutableArray<ChannelRun> runs = [.. PermutationPlan.RowsAlong(group).Where(run => run.Layer == child.Layer)];
        var planned = new PlannedGroup(group, child, runs, child.D, []);
        if (planned.IsWhole)
            return planned.Run % child.D == 0 ? null : planned;
        int run = planned.Run,
            columns = group.ChannelCount * run;
        // Two blocks at least, each of channels that the child's own blocks hold whole, if they do.
        int d = Enumerable
            .Range(2, Math.Max(0, child.D - 1))
            .LastOrDefault(d => columns % d == 0 && columns > d && run % d != 0 && (child.D % run != 0 || d % run == 0));
        return d == 0 ? null : planned with { D = d };
    }

    /// <summary>The randomness of the search.</summary>
    public RngKey KeyOf(RngKey all) =>
        IsWhole || ChildRuns[0].Places is not { } places
            ? all.Fold(Child.Layer)
            : all.Fold(Child.Layer).Fold($"channel {(places.Part * places.AxisLength) + places.At[0]}");

    /// <summary>The group's columns of the child's weight, side by side.</summary>
    /// <param name="weight">[rows, row length].</param>
    /// <returns>[<see cref="Rows"/>, channels · <see cref="Run"/>].</returns>
    public ReadOnlySpan<float> ColumnsOf(ReadOnlySpan<float> weight)
    {
        if (IsWhole)
            return weight;
        float[] gathered = new float[Rows * Group.ChannelCount * Run];
        int at = 0;
        for (int row = 0; row < Rows; row++)
        for (int channel = 0; channel < Group.ChannelCount; channel++)
            foreach (var run in ChildRuns)
            {
                int first = run.Places?.At[channel] ?? channel,
                    width = Child.RowLength / (run.Places?.AxisLength ?? Group.ChannelCount),
                    from = ((((run.Places?.Part ?? 0) * Rows) + row) * Child.RowLength) + (first * width);
                weight.Slice(from, width).CopyTo(gathered.AsSpan(at));
                at += width;
            }

        return gathered;
    }
}
