using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Some labelled images, ready for the network.</summary>
/// <param name="Shape">[N, H, W, C].</param>
/// <param name="Images">Their values, row-major; read before the next batch is asked for.</param>
/// <param name="Classes">One for each image.</param>
public sealed record LabelledBatch(Shape Shape, ReadOnlyMemory<float> Images, ReadOnlyMemory<int> Classes);

/// <summary>Where a training run's images come from.</summary>
/// <param name="BatchCount">Batches of an epoch.</param>
/// <param name="Epoch">The batches of an epoch, counted from 0, from a given batch on: equal arguments give equal batches, or a run could not be resumed.</param>
/// <param name="Validation">All images to validate on.</param>
public sealed record TrainingData(
    int BatchCount, Func<int, int, IEnumerable<Result<LabelledBatch, PqfError>>> Epoch, Func<IEnumerable<Result<LabelledBatch, PqfError>>> Validation);
