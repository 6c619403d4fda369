using Pqf.Compression.Collectives;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Some labelled images, ready for the network.</summary>
/// <param name="Images">[N, H, W, C], row-major, N at least 1; read before the next batch is asked for.</param>
/// <param name="Classes">[N].</param>
public sealed record LabelledBatch(ReadOnlyMemory<float> Images, ReadOnlyMemory<int> Classes);

/// <summary>The source of a classifier's images.</summary>
/// <param name="BatchShape">[N, H, W, C] of the largest batch.</param>
/// <param name="Epoch">As <see cref="TrainingTask{TBatch}.Epoch"/>.</param>
/// <param name="Validation">All images to validate on, in batches no larger.</param>
public sealed record LabelledData(
    Shape BatchShape,
    Func<int, int, IEnumerable<Result<LabelledBatch, PqfError>>> Epoch,
    Func<IEnumerable<Result<LabelledBatch, PqfError>>> Validation
)
{
    /// <summary>As <see cref="TrainingTask{TBatch}.Cut"/>.</summary>
    public StepCut? Cut { get; init; }

    /// <summary>Who has the other parts of <see cref="Validation"/>: each rank has some of its batches, in the ranks' order.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;
}
