using System.Collections.Immutable;
using Pqf.Compression.Collectives;

namespace Pqf.Compression.Training;

/// <summary>The nodes of a step's tree that each rank has once its micro-batches are evaluated.</summary>
/// <param name="MicroCount">Leaves of the tree.</param>
/// <param name="Nodes">By rank.</param>
sealed record RankNodes(int MicroCount, ImmutableArray<ImmutableArray<TreeNode>> Nodes)
{
    /// <summary>Most nodes of a rank: messages have room for as many of each.</summary>
    public int SlotCount { get; } = Nodes.Max(part => part.Length);

    /// <summary>The nodes of a step.</summary>
    /// <param name="cut">Whose micro-batches are whose.</param>
    /// <param name="step">Number of the step in its epoch.</param>
    /// <param name="rankCount">Ranks of the run.</param>
    public static RankNodes Of(StepCut cut, int step, int rankCount) =>
        new(
            cut.MicroCount(step),
            [
                .. Enumerable
                    .Range(0, rankCount)
                    .Select(rank => cut.PartOf(step, rank))
                    .Select(part => SumTree.NodesOf(cut.MicroCount(step), part.First, part.Count)),
            ]
        );
}

/// <summary>What one rank has of values that are summed over all ranks.</summary>
/// <param name="Heads">Counts, then averages, of each node; one after the other.</param>
/// <param name="Values">Of each node; one after the other.</param>
/// <param name="Count">Values of a node.</param>
sealed record NodeValues(double[] Heads, float[] Values, int Count)
{
    /// <summary>Counts of a node: of images and of micro-batches.</summary>
    public const int CountsLength = 2;
}

/// <summary>Sums of values over all ranks.</summary>
/// <param name="Values">The sums.</param>
/// <param name="Whole">Counts and averages of the whole step, without tensors.</param>
sealed record RankSum(float[] Values, StepPart Whole);
