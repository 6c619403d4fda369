using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Nets.Images;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>How well a network classifies, and how fast.</summary>
/// <param name="Top1">Images whose class came first.</param>
/// <param name="Top5">Images whose class was among the first five.</param>
/// <param name="Seconds">Decoding, preparing and classifying.</param>
sealed record Accuracy(Proportion Top1, Proportion Top5, double Seconds);

/// <summary>Measures networks on labelled images.</summary>
static class Evaluation
{
    const int DefaultBatchSize = 32;

    /// <summary>Measures one network.</summary>
    /// <param name="run">Batch size, loader threads, progress and cancellation.</param>
    /// <param name="network">The network.</param>
    /// <param name="folder">Where the images are: class folders, or <c>val</c> with class folders in it.</param>
    /// <param name="device">Where to run.</param>
    public static Result<Accuracy, PqfError> Measure(RunContext run, NetworkFile network, string folder, Device device) =>
        OpenFolder(folder, network.Architecture.ClassCount).Bind(images => Measure(run, network, images, device));

    /// <summary>Opens <c>DIR/val</c> if it is there, else <c>DIR</c>, numbering classes as the network does.</summary>
    public static Result<ImmutableArray<LabelledImage>, PqfError> OpenFolder(string folder, int classCount)
    {
        string validation = Path.Combine(folder, "val");
        return ImageFolder.Open(Directory.Exists(validation) ? validation : folder).Bind(found => found.NumberedFor(folder, classCount));
    }

    static Result<Accuracy, PqfError> Measure(RunContext run, NetworkFile network, ImmutableArray<LabelledImage> images, Device device)
    {
        int batchSize = Math.Min(run.Config.Dataloader.BatchSize ?? DefaultBatchSize, images.Length);
        var classifier = new Classifier(network, device, batchSize);
        int classCount = network.Architecture.ClassCount;
        long start = run.Terminal.Clock.GetTimestamp();
        return run
            .Progress.Run<Result<(Proportion, Proportion), PqfError>>(
                "evaluating",
                "images",
                images.Length,
                report =>
                {
                    Proportion top1 = new(0, 0),
                        top5 = new(0, 0);
                    foreach (var batch in Load(run, images.Select(image => image.Path), network.Preprocessing, batchSize))
                    {
                        if (batch is Result<ImageBatch, PqfError>.Error error)
                            return error.Value;
                        var (first, count, pixels) = ((Result<ImageBatch, PqfError>.Ok)batch).Value;
                        float[] logits = classifier.Logits(pixels.Span, count);
                        int[] ranks =
                        [
                            .. Enumerable
                                .Range(0, count)
                                .Select(i => Ranking.RankOf(logits.AsSpan(i * classCount, classCount), images[first + i].Class)),
                        ];
                        top1 += new Proportion(ranks.Count(rank => rank == 0), count);
                        top5 += new Proportion(ranks.Count(rank => rank < 5), count);
                        report(top1.Count);
                    }

                    return (top1, top5);
                }
            )
            .Map(tops => new Accuracy(tops.Item1, tops.Item2, run.Terminal.Clock.GetElapsedTime(start).TotalSeconds));
    }

    /// <summary>Batches of prepared images, loaded as the configuration says.</summary>
    public static IEnumerable<Result<ImageBatch, PqfError>> Load(
        RunContext run,
        IEnumerable<string> paths,
        Preprocessing preprocessing,
        int batchSize
    ) => ImageBatches.Load([.. paths], preprocessing, batchSize, LoaderThreads(run), 1, run.Cancellation);

    /// <summary>Threads that decode images.</summary>
    public static int LoaderThreads(RunContext run) =>
        run.Config.Dataloader.NumWorkers is { } workers and > 0 ? workers : Environment.ProcessorCount;
}
