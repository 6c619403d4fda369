using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Images of one batch, ready for the network.</summary>
/// <param name="First">Index of its first image in the list.</param>
/// <param name="Count">N: images in it; the last batch may have fewer.</param>
/// <param name="Pixels">[N, H, W, C]; overwritten once the next batch is asked for.</param>
readonly record struct ImageBatch(int First, int Count, ReadOnlyMemory<float> Pixels)
{
    /// <summary>Images that could not be decoded and were left out, by their place among the batch's.</summary>
    public ImmutableSortedDictionary<int, PqfError> Skipped { get; init; } = ImmutableSortedDictionary<int, PqfError>.Empty;
}

/// <summary>Writes one image's input.</summary>
/// <param name="index">Its index in the list.</param>
/// <param name="input">[H, W, C], filled.</param>
delegate Result<Unit, PqfError> PrepareImage(int index, Memory<float> input);

/// <summary>How images are loaded.</summary>
/// <param name="BatchSize">N, at least 1.</param>
/// <param name="ThreadCount">Threads that decode, at least 1.</param>
/// <param name="LookAhead">Batches that are prepared, and kept in memory, while one is in use.</param>
/// <param name="SkipsCorrupt">An image that cannot be decoded is left out of its batch, which names it; otherwise it is an error.</param>
readonly record struct Loading(int BatchSize, int ThreadCount, int LookAhead, bool SkipsCorrupt = false);

/// <summary>Decodes and preprocesses images on threads of its own, ahead of the network.</summary>
sealed class ImageBatches : IDisposable
{
    readonly int imageCount,
        inputCount,
        batchSize,
        batchCount;
    readonly bool skipsCorrupt;
    readonly PrepareImage prepare;
    readonly CancellationToken cancellationToken;

    // Batch b is filled in slot b mod slots.Length once all before b − slots.Length + 1 have been given back. All state is guarded by the
    // lock on slots.
    readonly Slot[] slots;
    readonly Thread[] threads;
    int nextImage;
    int returnedBatches;
    bool isStopped;
    ExceptionDispatchInfo? failure;

    ImageBatches(int imageCount, int inputCount, PrepareImage prepare, Loading how, CancellationToken cancellationToken)
    {
        (this.imageCount, this.inputCount, this.prepare, this.cancellationToken) = (imageCount, inputCount, prepare, cancellationToken);
        (batchSize, skipsCorrupt) = (how.BatchSize, how.SkipsCorrupt);
        batchCount = (imageCount + batchSize - 1) / batchSize;
        slots =
        [
            .. Enumerable
                .Range(0, Math.Min(how.LookAhead + 1, batchCount))
                .Select(batch => new Slot(new float[batchSize * inputCount]) { Missing = CountOf(batch) }),
        ];
        threads = [.. Enumerable.Range(0, how.ThreadCount).Select(_ => new Thread(Work) { IsBackground = true, Name = "image loader" })];
        foreach (var thread in threads)
            thread.Start();
    }

    /// <summary>Loads images in order, batch after batch. Leaving the enumeration stops the threads.</summary>
    /// <param name="images">Files, in the order wanted.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <param name="batchSize">N, at least 1.</param>
    /// <param name="threadCount">Threads that decode, at least 1.</param>
    /// <param name="lookAhead">Batches that are prepared, and kept in memory, while one is in use.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>The batches; the first image that cannot be decoded gives an error that names it in place of its batch, and ends the
    /// enumeration.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(
        ImmutableArray<string> images,
        Preprocessing preprocessing,
        int batchSize,
        int threadCount,
        int lookAhead,
        CancellationToken cancellationToken
    ) =>
        Load(
            images.Length,
            Preprocess.InputCount(preprocessing),
            (index, input) => ImageDecoder.ToInput(images[index], preprocessing, input),
            new Loading(batchSize, threadCount, lookAhead),
            cancellationToken
        );

    /// <summary>Loads images of any kind in order, batch after batch. Leaving the enumeration stops the threads.</summary>
    /// <param name="imageCount">Images in the list.</param>
    /// <param name="inputCount">Values of one image's input.</param>
    /// <param name="prepare">Writes an input; called on several threads at once, in no certain order.</param>
    /// <param name="how">Sizes and threads.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>As for files. A batch of which every image was skipped has none.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(
        int imageCount,
        int inputCount,
        PrepareImage prepare,
        Loading how,
        CancellationToken cancellationToken
    )
    {
        using var loader = new ImageBatches(imageCount, inputCount, prepare, how, cancellationToken);
        // The lock cannot be waited for and cancelled at once: cancelling wakes all who wait.
        using var wake = cancellationToken.UnsafeRegister(_ => loader.Wake(), null);
        for (int batch = 0; batch < loader.batchCount; batch++)
        {
            var result = loader.Take(batch);
            yield return result;
            if (result is Result<ImageBatch, PqfError>.Error)
                yield break;
            loader.GiveBack(batch);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (slots)
        {
            isStopped = true;
            Monitor.PulseAll(slots);
        }

        foreach (var thread in threads)
            thread.Join();
    }

    int CountOf(int batch) => Math.Min(batchSize, imageCount - (batch * batchSize));

    void Wake()
    {
        lock (slots)
            Monitor.PulseAll(slots);
    }

    Result<ImageBatch, PqfError> Take(int batch)
    {
        var slot = slots[batch % slots.Length];
        lock (slots)
        {
            while (slot.Missing > 0 && failure is null && !cancellationToken.IsCancellationRequested)
                Monitor.Wait(slots);
            failure?.Throw();
            cancellationToken.ThrowIfCancellationRequested();
            return slot.Errors.Count > 0 && !skipsCorrupt ? slot.Errors.Values.First() : Compact(batch, slot);
        }
    }

    /// <summary>The batch without the images that failed: the others move up.</summary>
    ImageBatch Compact(int batch, Slot slot)
    {
        int kept = 0;
        for (int i = 0; i < CountOf(batch); i++)
        {
            if (slot.Errors.ContainsKey(i))
                continue;
            if (kept < i)
                slot.Pixels.AsSpan(i * inputCount, inputCount).CopyTo(slot.Pixels.AsSpan(kept * inputCount));
            kept++;
        }

        return new(batch * batchSize, kept, slot.Pixels.AsMemory(0, kept * inputCount))
        {
            Skipped = slot.Errors.ToImmutableSortedDictionary(),
        };
    }

    void GiveBack(int batch)
    {
        lock (slots)
        {
            returnedBatches = batch + 1;
            var slot = slots[batch % slots.Length];
            slot.Errors.Clear();
            if (batch + slots.Length < batchCount)
                slot.Missing = CountOf(batch + slots.Length);
            Monitor.PulseAll(slots);
        }
    }

    void Work()
    {
        try
        {
            while (Reserve() is var image and >= 0)
                Finish(image, prepare(image, PixelsOf(image)));
        }
        catch (Exception exception) // a thread's exceptions would end the process: the one that waits for the batch throws it
        {
            lock (slots)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                Monitor.PulseAll(slots);
            }
        }
    }

    /// <summary>The next image to decode, once its batch has a slot; −1 when there is none.</summary>
    int Reserve()
    {
        lock (slots)
        {
            while (
                nextImage < imageCount
                && (nextImage / batchSize) - returnedBatches >= slots.Length
                && !isStopped
                && !cancellationToken.IsCancellationRequested
            )
                Monitor.Wait(slots);
            return nextImage < imageCount && !isStopped && !cancellationToken.IsCancellationRequested ? nextImage++ : -1;
        }
    }

    Memory<float> PixelsOf(int image) =>
        slots[image / batchSize % slots.Length].Pixels.AsMemory(image % batchSize * inputCount, inputCount);

    void Finish(int image, Result<Unit, PqfError> result)
    {
        var slot = slots[image / batchSize % slots.Length];
        lock (slots)
        {
            if (result is Result<Unit, PqfError>.Error error)
                slot.Errors.Add(image % batchSize, error.Value);
            if (--slot.Missing == 0)
                Monitor.PulseAll(slots);
        }
    }

    /// <summary>The memory of one batch and what is still to come into it.</summary>
    sealed class Slot(float[] pixels)
    {
        public float[] Pixels { get; } = pixels;

        public int Missing { get; set; }

        /// <summary>By the image's place in the batch, so that what is said of them does not depend on the threads' order.</summary>
        public SortedDictionary<int, PqfError> Errors { get; } = [];
    }
}
