using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>How well a network classifies.</summary>
/// <param name="Top1">Images whose class came first.</param>
/// <param name="Top5">Images whose class was among the first five.</param>
/// <param name="Confusion">What it answered for the images of each class.</param>
public sealed record Accuracy(Proportion Top1, Proportion Top5, Confusion Confusion)
{
    /// <summary>Wrong answers that the network is surest of, at most <see cref="EvaluateJob.MostMistakes"/>; the surest first, of equally
    /// sure ones the earlier image's.</summary>
    public ImmutableArray<Mistake> Mistakes { get; init; } = [];
}

/// <summary>A wrong answer.</summary>
/// <param name="Image">Its place in the set.</param>
/// <param name="Class">Its class.</param>
/// <param name="Answer">The network's.</param>
/// <param name="Confidence">Probability that the network gives its answer, 0 … 1.</param>
public sealed record Mistake(int Image, int Class, int Answer, double Confidence);

/// <summary>How a network is measured.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Most images at a time.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that decode images, at least 1.</summary>
    public int ThreadCount { get; init; } = 1;

    /// <summary>Receives images that cannot be decoded, which are left out; null where such an image is an error.</summary>
    public SkippedImages? Skipped { get; init; }

    /// <summary>Called once nothing can be refused any more, before any work: to make what results go to. An error ends the job.</summary>
    public Func<Result<Unit, PqfError>> BeforeWork { get; init; } = () => default(Unit);

    /// <summary>Called after each stage, for measurements: <see cref="EvaluateJob.Compiling"/> first.</summary>
    public Action<string> AfterStage { get; init; } = _ => { };
}

/// <summary>Measures how well a network classifies labelled images.</summary>
public static class EvaluateJob
{
    /// <summary>How many classes of an image <see cref="Accuracy.Top5"/> counts.</summary>
    public const int TopCount = 5;

    /// <summary>How many wrong answers <see cref="Accuracy.Mistakes"/> keeps.</summary>
    public const int MostMistakes = 24;

    /// <summary>Name of the stage that makes the network ready.</summary>
    public const string Compiling = "Compiling";

    /// <summary>Name of the stage that decodes, prepares and classifies.</summary>
    public const string Classifying = "Classifying";

    /// <summary>Runs to the end.</summary>
    /// <param name="network">A classifier.</param>
    /// <param name="images">Labelled images, 1 at least.</param>
    /// <param name="options">How to run.</param>
    /// <param name="progress">Receives the number of images done.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The accuracy of the images that can be decoded; an error that names the first image that cannot, unless such images are
    /// left out and others remain.</returns>
    public static Result<Accuracy, PqfError> Run(
        Network network,
        ImageSet images,
        EvaluateOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (network.ForPhotographs() is Result<Network, PqfError>.Error(var unfit))
            return unfit;
        if (options.BeforeWork() is Result<Unit, PqfError>.Error(var refused))
            return refused;
        using var scope = network.Device.BeginScope();
        int batchSize = Math.Min(options.BatchSize, images.Count);
        var classifier = new Classifier(network, batchSize);
        options.AfterStage(Compiling);
        var accuracy = progress.Stage(
            "evaluating",
            "images",
            images.Count,
            report => Measure(classifier.Logits(images, options.ThreadCount, cancellation), images, batchSize, options.Skipped, report),
            measured => measured.Top1.Count
        );
        options.AfterStage(Classifying);
        return accuracy;
    }

    static Result<Accuracy, PqfError> Measure(
        IEnumerable<Result<ReadOnlyMemory<float>, PqfError>> results,
        ImageSet images,
        int batchSize,
        SkippedImages? skipped,
        Action<double> report
    )
    {
        int top1 = 0,
            top5 = 0;
        var answers = new List<(int Class, int Answer)>();
        var mistakes = new List<Mistake>();
        return DecodedImages
            .ForEach(
                results,
                images.Count,
                skipped,
                done =>
                {
                    if (done % batchSize == 0 || done == images.Count)
                        report(done);
                },
                (image, logits) =>
                {
                    int label = images.ClassOf(image),
                        rank = Ranking.RankOf(logits.Span, label),
                        answer = rank == 0 ? label : Ranking.First(logits.Span);
                    top1 += rank == 0 ? 1 : 0;
                    top5 += rank < TopCount ? 1 : 0;
                    answers.Add((label, answer));
                    if (rank > 0)
                        mistakes.Add(new(image, label, answer, Classifier.Probabilities(logits.Span)[answer]));
                }
            )
            .Map(_ => new Accuracy(new Proportion(top1, answers.Count), new Proportion(top5, answers.Count), Confusion.Of(answers))
            {
                // A confidence that is no number is the lowest.
                Mistakes = [.. mistakes.OrderByDescending(mistake => mistake.Confidence).Take(MostMistakes)],
            });
    }
}
