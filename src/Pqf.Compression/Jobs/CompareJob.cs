using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Two classifiers side by side on the same images.</summary>
/// <param name="Agreement">Images for which both have the same first answer.</param>
/// <param name="Divergence">How far the second network's probabilities are from the first's: Kullback and Leibler's divergence, mean over
/// the images, in nats.</param>
/// <param name="First">Images that the first network classifies correctly; null without labels.</param>
/// <param name="Second">Images that the second network classifies correctly; null without labels.</param>
/// <param name="Changed">Images with different first answers; those that the first network is surest of come first, then earlier
/// images.</param>
public sealed record Comparison(
    Proportion Agreement,
    double Divergence,
    Proportion? First,
    Proportion? Second,
    ImmutableArray<ChangedAnswer> Changed
);

/// <summary>An image for which two networks have different first answers.</summary>
/// <param name="Image">Its place in the set.</param>
/// <param name="Class">Its class; null without labels.</param>
/// <param name="First">The first network's answer.</param>
/// <param name="Second">The second network's answer.</param>
/// <param name="FirstConfidence">Probability that the first network gives its answer, 0 … 1.</param>
/// <param name="SecondConfidence">Probability that the second network gives its answer, 0 … 1.</param>
public sealed record ChangedAnswer(int Image, int? Class, int First, int Second, double FirstConfidence, double SecondConfidence);

/// <summary>Compares two classifiers on the same images.</summary>
public static class CompareJob
{
    /// <summary>Runs to the end.</summary>
    /// <param name="first">A classifier.</param>
    /// <param name="second">A classifier of as many classes, on the same device.</param>
    /// <param name="images">The images, 1 at least. Each network prepares them in its own way.</param>
    /// <param name="isLabelled">Whether the images' classes mean anything.</param>
    /// <param name="options">How to run.</param>
    /// <param name="progress">Receives the number of images done.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The comparison on the images that can be decoded; an error that names the first image that cannot, unless such images are
    /// left out and others remain, or that says why the networks cannot be compared.</returns>
    public static Result<Comparison, PqfError> Run(
        Network first,
        Network second,
        ImageSet images,
        bool isLabelled,
        EvaluateOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (first.Architecture.ClassCount != second.Architecture.ClassCount)
            return new PqfError.File(
                second.Path,
                $"has {Plural.Of(second.Architecture.ClassCount, "class", "classes")}; expected "
                    + $"{first.Architecture.ClassCount}, as {first.Path} has"
            );
        var answers = new List<float[]>();
        var result =
            from one in first.ForPhotographs()
            from other in second.ForPhotographs()
            from ready in options.BeforeWork()
            let noted = NotePreparation(one, other, progress)
            from compared in Compare(one, other, images, isLabelled, options, answers, progress, cancellation)
            select compared;
        // With labels the accuracies say it.
        if (!isLabelled && result is Result<Comparison, PqfError>.Ok)
            DenseAnswers.NoteSame($"{first.Path}: the network", [.. answers], progress);
        return result;
    }

    /// <summary>Says so if the networks see the same image differently: their answers may differ for that alone.</summary>
    static Unit NotePreparation(Network first, Network second, IProgress<JobProgress>? progress)
    {
        string[] ways = [PreparationText.Of(first.Preprocessing), PreparationText.Of(second.Preprocessing)];
        if (ways[0] != ways[1])
            progress.Note($"the networks prepare images in different ways: {first.Path}: {ways[0]}; {second.Path}: {ways[1]}");
        return default;
    }

    /// <summary>As <see cref="Run"/>, without labels, for networks that were checked: nothing is noted of the first network's
    /// answers.</summary>
    internal static Result<Comparison, PqfError> RunWithoutNotes(
        Network first,
        Network second,
        ImageSet images,
        EvaluateOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    ) => Compare(first, second, images, false, options, [], progress, cancellation);

    static Result<Comparison, PqfError> Compare(
        Network first,
        Network second,
        ImageSet images,
        bool isLabelled,
        EvaluateOptions options,
        List<float[]> answers,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        using var scope = first.Device.BeginScope();
        int batchSize = Math.Min(options.BatchSize, images.Count);
        var (one, other) = (new Classifier(first, batchSize), new Classifier(second, batchSize));
        return progress.Stage(
            "comparing",
            "images",
            images.Count,
            report =>
                Measure(
                    one.Logits(images, options.ThreadCount, cancellation).Select(logits => Kept(logits, answers)),
                    other.Logits(images, options.ThreadCount, cancellation),
                    images,
                    isLabelled,
                    options.Skipped,
                    report
                ),
            compared => compared.Agreement.Count
        );
    }

    /// <summary>Keeps the first answers.</summary>
    static Result<ReadOnlyMemory<float>, PqfError> Kept(Result<ReadOnlyMemory<float>, PqfError> logits, List<float[]> answers)
    {
        if (answers.Count < DenseAnswers.EnoughImages && logits is Result<ReadOnlyMemory<float>, PqfError>.Ok(var values))
            answers.Add(values.ToArray());
        return logits;
    }

    static Result<Comparison, PqfError> Measure(
        IEnumerable<Result<ReadOnlyMemory<float>, PqfError>> first,
        IEnumerable<Result<ReadOnlyMemory<float>, PqfError>> second,
        ImageSet images,
        bool isLabelled,
        SkippedImages? skipped,
        Action<double> report
    )
    {
        var answers = new List<ChangedAnswer>();
        double divergence = 0;
        var pairs = first.Zip(second, (one, other) => from a in one from b in other select (First: a, Second: b));
        return DecodedImages
            .ForEach(
                pairs,
                images.Count,
                skipped,
                done => report(done),
                (image, logits) =>
                {
                    divergence += Divergences.Of(logits.First.Span, logits.Second.Span);
                    answers.Add(Answers(image, isLabelled ? images.ClassOf(image) : null, logits.First.Span, logits.Second.Span));
                }
            )
            .Map(_ => new Comparison(
                Share(answer => answer.First == answer.Second),
                divergence / answers.Count,
                isLabelled ? Share(answer => answer.First == answer.Class) : null,
                isLabelled ? Share(answer => answer.Second == answer.Class) : null,
                [.. answers.Where(answer => answer.First != answer.Second).OrderByDescending(answer => answer.FirstConfidence)]
            ));

        Proportion Share(Func<ChangedAnswer, bool> condition) => new(answers.Count(condition), answers.Count);
    }

    static ChangedAnswer Answers(int image, int? label, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var (a, b) = (Ranking.First(first), Ranking.First(second));
        return new(image, label, a, b, Classifier.Probabilities(first)[a], Classifier.Probabilities(second)[b]);
    }
}
