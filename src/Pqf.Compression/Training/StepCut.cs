using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>How the images of an epoch are cut: into batches of one step each, batches into micro-batches, of which each rank has a
/// contiguous part.</summary>
/// <param name="ImageCount">Images of an epoch.</param>
/// <param name="BatchSize">Images of a step; the last one may have fewer.</param>
/// <param name="MicroBatch">Images that are in memory together; divides the batch size, or the last step is the only one.</param>
/// <param name="Rank">Whose part.</param>
/// <param name="RankCount">Ranks of the run.</param>
public sealed record StepCut(int ImageCount, int BatchSize, int MicroBatch, int Rank = 0, int RankCount = 1)
{
    /// <summary>Steps of an epoch.</summary>
    public int StepCount => Division.Ceil(ImageCount, BatchSize);

    /// <summary>Micro-batches of a step, of all ranks.</summary>
    public int MicroCount(int step) => Division.Ceil(Math.Min(BatchSize, ImageCount - (step * BatchSize)), MicroBatch);

    /// <summary>The micro-batches of one rank in a step: the first, and how many.</summary>
    public (int First, int Count) PartOf(int step, int rank) => Share(MicroCount(step), rank, RankCount);

    /// <summary>The places of this rank's images in the order of the epoch, from a step on.</summary>
    public IEnumerable<int> Images(int firstStep)
    {
        for (int step = firstStep; step < StepCount; step++)
        {
            var (first, count) = PartOf(step, Rank);
            int begin = step * BatchSize,
                end = Math.Min(begin + BatchSize, ImageCount);
            for (int place = begin + (first * MicroBatch); place < Math.Min(end, begin + ((first + count) * MicroBatch)); place++)
                yield return place;
        }
    }

    /// <summary>A contiguous part of some things for each rank, as equal as can be.</summary>
    public static (int First, int Count) Share(int count, int rank, int rankCount)
    {
        int first = Division.Cut(rank, rankCount, count);
        return (first, Division.Cut(rank + 1, rankCount, count) - first);
    }
}
