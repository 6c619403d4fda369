using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>Unlabelled images, on which norms are estimated.</summary>
/// <param name="Run">Loader threads, cancellation, progress.</param>
/// <param name="Preprocessing">How they are prepared.</param>
/// <param name="Images">Whose classes are not looked at.</param>
/// <param name="Order">Which of them.</param>
sealed record CalibrationImages(RunContext Run, Preprocessing Preprocessing, ImageSet Images, ImmutableArray<int> Order)
{
    /// <summary>Most images used: the averages over so many change no more.</summary>
    const int MaxImages = 1024;

    const int DefaultBatchSize = 32;

    /// <summary>Images of a folder; a random 1,024 of them where there are more.</summary>
    public static Result<CalibrationImages, PqfError> Open(RunContext run, string folder, Preprocessing preprocessing) =>
        ImageFolder
            .FindImages(folder)
            .Map(paths => Of(run, new ImageSet.Files([.. paths.Select(path => new LabelledImage(path, 0))]), preprocessing));

    /// <summary>A random 1,024 of some images, or all if there are fewer.</summary>
    public static CalibrationImages Of(RunContext run, ImageSet images, Preprocessing preprocessing) =>
        new(run, preprocessing, images, [.. run.Key.Fold("calibration").Permutation(images.Count).Take(MaxImages)]);

    /// <summary>All batches, each of the full size.</summary>
    public NormImages Batches { get; } =
        new(
            Classifier.InputShape(Preprocessing, BatchSizeOf(Run, Order)),
            Order.Length / BatchSizeOf(Run, Order),
            () => Load(Run, Preprocessing, Images, Order).Select(batch => batch.Map(images => images.Pixels))
        );

    /// <summary>Runs a step that shows the images to the norms of a network.</summary>
    /// <param name="title">For the progress.</param>
    /// <param name="step">The step.</param>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values.</param>
    public Result<Parameters, PqfError> Show(string title, ICompressionStep step, Graph graph, Parameters parameters) =>
        Compressor.WithHost(
            Run,
            parameters,
            host =>
                Compress
                    .Run([step], new CompressionState(graph, parameters, host), Run.Cancellation)
                    .Bind(events =>
                    {
                        using var all = events.GetEnumerator();
                        all.MoveNext();
                        return all.Current is CompressionEvent.EstimatingNorms(_, var count)
                            ? Run.Progress.Run(title, "images", count * BatchSizeOf(Run, Order), report => Follow(all, report))
                            : Follow(all, _ => { });
                    })
        );

    Result<Parameters, PqfError> Follow(IEnumerator<CompressionEvent> events, Action<double> report)
    {
        do
        {
            switch (events.Current)
            {
                case CompressionEvent.EstimatingNorms step:
                    report((step.Number - 1) * BatchSizeOf(Run, Order));
                    break;
                case CompressionEvent.Failed failed:
                    return failed.Error;
                case CompressionEvent.StepFinished finished:
                    return finished.State.Parameters;
            }
        } while (events.MoveNext());
        throw new InvalidOperationException("CalibrationImages: expected a last event, got none");
    }

    static int BatchSizeOf(RunContext run, ImmutableArray<int> order) =>
        Math.Max(1, Math.Min(run.Config.Dataloader.BatchSize ?? DefaultBatchSize, order.Length));

    static IEnumerable<Result<ImageBatch, PqfError>> Load(
        RunContext run,
        Preprocessing preprocessing,
        ImageSet images,
        ImmutableArray<int> order
    )
    {
        int batchSize = BatchSizeOf(run, order);
        return ImageBatches.Load(
            order.Length / batchSize * batchSize,
            Preprocess.InputCount(preprocessing),
            (i, input) => images.Prepare(order[i], preprocessing, null, input),
            new Loading(batchSize, Evaluation.LoaderThreads(run), 1),
            run.Cancellation
        );
    }
}
