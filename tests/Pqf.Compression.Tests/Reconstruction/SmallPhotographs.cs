using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>Noise as photographs for <see cref="SmallNetwork"/>.</summary>
static class SmallPhotographs
{
    /// <summary>Of a batch.</summary>
    public static Shape Shape { get; } = [8, 6, 6, 3];

    /// <summary>Four batches.</summary>
    public static NormImages Four { get; } = NormImages.OfShape(Shape, 4, () => Enumerable.Range(0, 4).Select(Batch));

    /// <summary>The pixels of a batch.</summary>
    public static float[] Pixels(int batch) =>
        [.. Enumerable.Range(0, Shape.Count).Select(i => (float)RngKey.FromSeed(10 + batch).Normal((ulong)i))];

    static Result<ReadOnlyMemory<float>, PqfError> Batch(int batch) => (ReadOnlyMemory<float>)Pixels(batch);
}
