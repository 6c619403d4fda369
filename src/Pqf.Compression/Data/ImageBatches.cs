using System.Collections.Immutable;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Images of one batch, ready for the network.</summary>
/// <param name="First">Index of its first image in the list.</param>
/// <param name="Count">N: images in it; the last batch may have fewer.</param>
/// <param name="Pixels">[N, H, W, C]; overwritten once the next batch is asked for.</param>
public readonly record struct ImageBatch(int First, int Count, ReadOnlyMemory<float> Pixels)
{
    /// <summary>Images that could not be decoded and were left out, by their place among the batch's.</summary>
    public ImmutableSortedDictionary<int, PqfError> Skipped { get; init; } = ImmutableSortedDictionary<int, PqfError>.Empty;
}

/// <summary>Writes one image's input.</summary>
/// <param name="index">Its index in the list.</param>
/// <param name="input">[H, W, C], filled.</param>
public delegate Result<Unit, PqfError> PrepareImage(int index, Memory<float> input);

/// <summary>How images are loaded.</summary>
/// <param name="BatchSize">N, at least 1.</param>
/// <param name="ThreadCount">Threads that decode, at least 1.</param>
/// <param name="LookAhead">Batches that are prepared, and kept in memory, while one is in use.</param>
/// <param name="SkipsCorrupt">An image that cannot be decoded is left out of its batch, which names it. By default it is an error.</param>
public readonly record struct Loading(int BatchSize, int ThreadCount, int LookAhead = 1, bool SkipsCorrupt = false);

/// <summary>Decodes and preprocesses images on other threads, before the network asks for them.</summary>
public static class ImageBatches
{
    /// <summary>Loads a set of images in order, from the centre of each.</summary>
    /// <param name="images">The images.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <param name="how">Sizes and threads.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>The batches. The first image that cannot be decoded gives an error that names it in place of its batch, and ends the
    /// enumeration.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(
        ImageSet images,
        Preprocessing preprocessing,
        Loading how,
        CancellationToken cancellationToken
    ) =>
        Load(
            images.Count,
            Preprocess.InputCount(preprocessing),
            (index, input) => images.Prepare(index, preprocessing, null, input),
            how,
            cancellationToken
        );

    /// <summary>Loads images of any kind in order, batch after batch. Leaving the enumeration stops the threads.</summary>
    /// <param name="imageCount">Images in the list.</param>
    /// <param name="inputCount">Values of one image's input.</param>
    /// <param name="prepare">Writes an input; called on several threads at once, in no certain order.</param>
    /// <param name="how">Sizes and threads.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>As for a set of images. A batch of which every image was skipped has none.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(
        int imageCount,
        int inputCount,
        PrepareImage prepare,
        Loading how,
        CancellationToken cancellationToken
    )
    {
        int batchSize = how.BatchSize,
            batchCount = (imageCount + batchSize - 1) / batchSize;
        // The prefetcher makes batch b + slots.Length only after batch b was given back, so that they can share memory.
        float[][] slots = [.. Enumerable.Range(0, Math.Min(how.LookAhead + 1, batchCount)).Select(_ => new float[batchSize * inputCount])];
        var groups = Prefetch.Groups(
            imageCount,
            new PrefetchOptions(batchSize, how.ThreadCount, how.LookAhead + 1),
            i => prepare(i, slots[i / batchSize % slots.Length].AsMemory(i % batchSize * inputCount, inputCount)),
            cancellationToken
        );
        int first = 0;
        foreach (var results in groups)
        {
            var errors = Errors(results);
            if (!errors.IsEmpty && !how.SkipsCorrupt)
            {
                yield return errors.Values.First();
                yield break;
            }

            float[] pixels = slots[first / batchSize % slots.Length];
            int kept = Compact(pixels, results.Length, inputCount, errors);
            yield return new ImageBatch(first, kept, pixels.AsMemory(0, kept * inputCount)) { Skipped = errors };
            first += results.Length;
        }
    }

    static ImmutableSortedDictionary<int, PqfError> Errors(Result<Unit, PqfError>[] results)
    {
        var errors = ImmutableSortedDictionary<int, PqfError>.Empty;
        for (int i = 0; i < results.Length; i++)
            if (results[i] is Result<Unit, PqfError>.Error error)
                errors = errors.Add(i, error.Value);
        return errors;
    }

    /// <summary>Moves images up over those that failed; returns how many are left.</summary>
    static int Compact(float[] pixels, int count, int inputCount, ImmutableSortedDictionary<int, PqfError> errors)
    {
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (errors.ContainsKey(i))
                continue;
            if (kept < i)
                pixels.AsSpan(i * inputCount, inputCount).CopyTo(pixels.AsSpan(kept * inputCount));
            kept++;
        }

        return kept;
    }
}
