using System.Threading.Channels;
using Pqf;
using Pqf.Tensors;

namespace WebClassifier;

/// <summary>A bounded queue of uploads, and workers that each have a network of their own: a network is used by one thread at a
/// time.</summary>
/// <param name="path">The network.</param>
/// <param name="workerCount">Networks in memory, at least 1.</param>
/// <param name="capacity">Uploads that may wait, at least 1; more are refused with status 503.</param>
sealed class ClassifierQueue(string path, int workerCount, int capacity) : BackgroundService
{
    readonly Channel<Upload> uploads = Channel.CreateBounded<Upload>(capacity);
    int readyCount;
    long servedCount;

    /// <summary>What the health page shows: status 503 until a worker is ready.</summary>
    public IResult Health =>
        Results.Json(
            new
            {
                workers = readyCount,
                waiting = uploads.Reader.Count,
                served = Interlocked.Read(ref servedCount),
            },
            statusCode: readyCount > 0 ? 200 : 503
        );

    /// <summary>Waits for a worker's answer.</summary>
    public async Task<IResult> Classify(byte[] file, CancellationToken cancellation)
    {
        var upload = new Upload(file, new(TaskCreationOptions.RunContinuationsAsynchronously));
        return uploads.Writer.TryWrite(upload)
            ? await upload.Answer.Task.WaitAsync(cancellation)
            : Results.Problem("too many uploads wait; try again later", statusCode: 503);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        // The processor's threads are shared out: each worker's network has its part.
        Task.WhenAll(Enumerable.Range(0, workerCount).Select(_ => Task.Run(() => Work(stoppingToken), stoppingToken)));

    async Task Work(CancellationToken stop)
    {
        using var network = ImageNetwork.Load(path, Math.Max(1, Environment.ProcessorCount / workerCount));
        Interlocked.Increment(ref readyCount);
        await foreach (var upload in uploads.Reader.ReadAllAsync(stop))
            upload.Answer.SetResult(Answer(network, upload.File));
    }

    IResult Answer(ImageNetwork network, byte[] file)
    {
        try
        {
            var guesses = network.Classify(file, top: 3);
            Interlocked.Increment(ref servedCount);
            return Results.Json(guesses);
        }
        catch (PqfException exception)
        {
            return Results.Problem(exception.Message, statusCode: 400);
        }
    }

    sealed record Upload(byte[] File, TaskCompletionSource<IResult> Answer);
}
