using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
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

    /// <summary>The processes that measure together: each has some of the batches. The result is the same for any number of
    /// them.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

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
        var ranks = options.Ranks;
        if (ranks.Agree(network.ForPhotographs) is Result<Network, PqfError>.Error(var unfit))
            return unfit;
        if (ranks.OnFirst(options.BeforeWork) is Result<Unit, PqfError>.Error(var refused))
            return refused;
        using var scope = network.Device.BeginScope();
        int batchSize = Math.Min(options.BatchSize, images.Count);
        var classifier = new Classifier(network, batchSize);
        options.AfterStage(Compiling);
        var accuracy = progress.Stage(
            "evaluating",
            "images",
            images.Count,
            report => Measure(classifier, images, batchSize, options, report, cancellation),
            measured => measured.Top1.Count
        );
        options.AfterStage(Classifying);
        return accuracy;
    }

    /// <summary>Measures this rank's batches, whole ones but for the last, and collects what all ranks have.</summary>
    static Result<Accuracy, PqfError> Measure(
        Classifier classifier,
        ImageSet images,
        int batchSize,
        EvaluateOptions options,
        Action<double> report,
        CancellationToken cancellation
    )
    {
        var ranks = options.Ranks;
        var (batch, batchCount) = StepCut.Share(Division.Ceil(images.Count, batchSize), ranks.Rank, ranks.Size);
        int first = batch * batchSize,
            count = Math.Min(images.Count, (batch + batchCount) * batchSize) - first;
        var own = count == images.Count ? images : new ImageSet.Part(images, [.. Enumerable.Range(first, count)]);
        return ranks
            .Agree(() => Answers(classifier, own, first, options, done => Report(done), cancellation))
            .Map(mine => ranks.Size == 1 ? mine : [.. ranks.ShareAll(AnswerBytes(mine)).SelectMany(AnswersOf)])
            .Bind<Accuracy>(all =>
            {
                options.Skipped?.Collect(ranks);
                return all is [] ? ranks.Common(new PqfError.Images(images.Count, images.Count)) : AccuracyOf(all);
            });

        void Report(int done)
        {
            if (done % batchSize == 0 || done == own.Count)
                report(Math.Min(images.Count, (double)done * ranks.Size));
        }
    }

    /// <summary>What the network answers for some images; none where each is left out and other ranks have more.</summary>
    static Result<ImmutableArray<Answered>, PqfError> Answers(
        Classifier classifier,
        ImageSet own,
        int first,
        EvaluateOptions options,
        Action<int> report,
        CancellationToken cancellation
    )
    {
        var answers = ImmutableArray.CreateBuilder<Answered>();
        return DecodedImages
            .ForEach(
                own.Count == 0 ? [] : classifier.Logits(own, options.ThreadCount, cancellation),
                options.Ranks.Size == 1 ? own.Count : int.MaxValue,
                options.Skipped,
                report,
                (image, logits) =>
                {
                    int label = own.ClassOf(image),
                        rank = Ranking.RankOf(logits.Span, label),
                        answer = rank == 0 ? label : Ranking.First(logits.Span);
                    answers.Add(new(first + image, label, rank, answer, rank == 0 ? 1 : Classifier.Probabilities(logits.Span)[answer]));
                }
            )
            .Map(_ => answers.ToImmutable());
    }

    static Accuracy AccuracyOf(ImmutableArray<Answered> all) =>
        new(
            new Proportion(all.Count(one => one.Rank == 0), all.Length),
            new Proportion(all.Count(one => one.Rank < TopCount), all.Length),
            Confusion.Of([.. all.Select(one => (one.Class, one.Answer))])
        )
        {
            // A confidence that is no number is the lowest.
            Mistakes =
            [
                .. all.Where(one => one.Rank > 0)
                    .Select(one => new Mistake(one.Image, one.Class, one.Answer, one.Confidence))
                    .OrderByDescending(mistake => mistake.Confidence)
                    .Take(MostMistakes),
            ],
        };

    static byte[] AnswerBytes(ImmutableArray<Answered> answers) => MemoryMarshal.AsBytes(answers.AsSpan()).ToArray();

    static Answered[] AnswersOf(byte[] message) => MemoryMarshal.Cast<byte, Answered>(message).ToArray();

    /// <summary>What the network answered for an image.</summary>
    /// <param name="Image">Its place in the set.</param>
    /// <param name="Class">Its class.</param>
    /// <param name="Rank">The place of its class among the answers, from 0.</param>
    /// <param name="Answer">The first answer.</param>
    /// <param name="Confidence">The probability that the network gives a wrong first answer.</param>
    readonly record struct Answered(int Image, int Class, int Rank, int Answer, double Confidence);
}
