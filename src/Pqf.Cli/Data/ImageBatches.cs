using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Pqf.Nets;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Images of one batch, ready for the network.</summary>
/// <param name="First">Index of its first image in the list.</param>
/// <param name="Count">N: images in it; the last batch may have fewer.</param>
/// <param name="Pixels">[N, H, W, C]; overwritten once the next batch is asked for.</param>
readonly record struct ImageBatch(int First, int Count, ReadOnlyMemory<float> Pixels);

/// <summary>Decodes and preprocesses images on threads of its own, ahead of the network.</summary>
sealed class ImageBatches : IDisposable
{
    readonly ImmutableArray<string> images;
    readonly Preprocessing preprocessing;
    readonly int batchSize;
    readonly int batchCount;
    readonly CancellationToken cancellationToken;

    // Batch b is filled in slot b mod slots.Length once all before b − slots.Length + 1 have been given back. All state is guarded by the lock on slots.
    readonly Slot[] slots;
    readonly Thread[] threads;
    int nextImage;
    int returnedBatches;
    bool isStopped;
    ExceptionDispatchInfo? failure;

    ImageBatches(ImmutableArray<string> images, Preprocessing preprocessing, int batchSize, int threadCount, int lookAhead, CancellationToken cancellationToken)
    {
        (this.images, this.preprocessing, this.batchSize, this.cancellationToken) = (images, preprocessing, batchSize, cancellationToken);
        batchCount = (images.Length + batchSize - 1) / batchSize;
        slots = [.. Enumerable.Range(0, Math.Min(lookAhead + 1, batchCount)).Select(batch => new Slot(new float[batchSize * Preprocess.InputCount(preprocessing)]) { Missing = CountOf(batch) })];
        threads = [.. Enumerable.Range(0, threadCount).Select(_ => new Thread(Work) { IsBackground = true, Name = "image loader" })];
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
    /// <returns>The batches; the first image that cannot be decoded gives an error that names it in place of its batch, and ends the enumeration.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(ImmutableArray<string> images, Preprocessing preprocessing, int batchSize, int threadCount, int lookAhead, CancellationToken cancellationToken)
    {
        using var loader = new ImageBatches(images, preprocessing, batchSize, threadCount, lookAhead, cancellationToken);
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

    int CountOf(int batch) => Math.Min(batchSize, images.Length - (batch * batchSize));

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
            int count = CountOf(batch);
            return slot.Error is { } error ? error : new ImageBatch(batch * batchSize, count, slot.Pixels.AsMemory(0, count * Preprocess.InputCount(preprocessing)));
        }
    }

    void GiveBack(int batch)
    {
        lock (slots)
        {
            returnedBatches = batch + 1;
            if (batch + slots.Length < batchCount)
                slots[batch % slots.Length].Missing = CountOf(batch + slots.Length);
            Monitor.PulseAll(slots);
        }
    }

    void Work()
    {
        try
        {
            while (Reserve() is var image and >= 0)
                Finish(image, ImageDecoder.ToInput(images[image], preprocessing, PixelsOf(image)));
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
            while (nextImage < images.Length && (nextImage / batchSize) - returnedBatches >= slots.Length && !isStopped && !cancellationToken.IsCancellationRequested)
                Monitor.Wait(slots);
            return nextImage < images.Length && !isStopped && !cancellationToken.IsCancellationRequested ? nextImage++ : -1;
        }
    }

    Memory<float> PixelsOf(int image)
    {
        int count = Preprocess.InputCount(preprocessing);
        return slots[image / batchSize % slots.Length].Pixels.AsMemory(image % batchSize * count, count);
    }

    void Finish(int image, Result<Unit, PqfError> result)
    {
        var slot = slots[image / batchSize % slots.Length];
        lock (slots)
        {
            if (result is Result<Unit, PqfError>.Error error && image <= slot.ErrorImage)
                (slot.Error, slot.ErrorImage) = (error.Value, image);
            if (--slot.Missing == 0)
                Monitor.PulseAll(slots);
        }
    }

    /// <summary>The memory of one batch and what is still to come into it.</summary>
    sealed class Slot(float[] pixels)
    {
        public float[] Pixels { get; } = pixels;

        public int Missing { get; set; }

        public PqfError? Error { get; set; }

        /// <summary>The first image that failed, so that the error does not depend on the threads' order.</summary>
        public int ErrorImage { get; set; } = int.MaxValue;
    }
}
