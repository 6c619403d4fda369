using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Tells a dense network whose answers do not depend on the photograph: one that is not trained, or that is shown images prepared
/// for another. Its compressed form is as bad, and no error of layers says so.</summary>
static class DenseAnswers
{
    // Of fewer photographs the answers may agree by chance.
    const int FewestImages = 8;

    // Nats. Trained classifiers have 0.3 and more on photographs of two classes, networks with random weights below 0.001.
    const double LeastInformation = 0.01;

    /// <summary>Says so if the answers to the first photographs are nearly the same.</summary>
    /// <param name="network">Dense. Networks that do not classify are passed over.</param>
    /// <param name="images">Photographs that were checked.</param>
    /// <param name="progress">Receives the note.</param>
    /// <returns>The error of a photograph.</returns>
    public static Result<Unit, PqfError> Note(Network network, NormImages images, IProgress<JobProgress>? progress)
    {
        if (
            network.LacksStatistics
            || images.ImageCount < FewestImages
            || Networks.TaskOf(network.Architecture) != NetworkTask.Classification
        )
            return default(Unit);
        using var scope = network.Device.BeginScope();
        return NetworkOutputs
            .Of(network.Graph, network.Device, images)
            .Map(outputs =>
            {
                float[][] answers = [.. outputs(network.Parameters).SelectMany(Rows)];
                NoteSame($"{network.Path}: the dense network", answers, progress);
                return default(Unit);
            });
    }

    /// <summary>Answers that are enough to tell.</summary>
    public const int EnoughImages = 64;

    /// <summary>Says so if answers are nearly the same.</summary>
    /// <param name="network">Which network, at the beginning of a sentence.</param>
    /// <param name="answers">Its logits for the first photographs.</param>
    /// <param name="progress">Receives the note.</param>
    public static void NoteSame(string network, float[][] answers, IProgress<JobProgress>? progress)
    {
        // An answer that is not a number fails the comparison: the network's values are another check's matter.
        if (answers.Length >= FewestImages && Information(answers) < LeastInformation)
            progress.Note(
                $"{network} gives nearly the same answer for each of the first {answers.Length} photographs: if they show different "
                    + "things, it is not trained, or it expects images prepared in another way (preprocessing.resize, crop, mean, "
                    + "deviation); pqf evaluate measures it"
            );
    }

    /// <summary>How much an answer says of which photograph it belongs to: the mean divergence of the answers from their mean, in
    /// nats.</summary>
    /// <param name="answers">Logits of each photograph.</param>
    static double Information(float[][] answers)
    {
        double[][] shares = [.. answers.Select(logits => Classifier.Probabilities(logits))];
        double[] mean = [.. Enumerable.Range(0, shares[0].Length).Select(c => shares.Average(share => share[c]))];
        return shares.Average(share => share.Select((p, c) => p > 0 ? p * Math.Log(p / mean[c]) : 0).Sum());
    }

    static IEnumerable<float[]> Rows(OutputValues output) => output.Values.Chunk(output.Values.Length / output.Shape[0]);
}
