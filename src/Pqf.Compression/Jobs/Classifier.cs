using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Compression.Jobs;

/// <summary>A network that is ready to classify images on the device of its values.</summary>
/// <remarks>Its memory belongs to the device's innermost scope at its making.</remarks>
public sealed class Classifier
{
    readonly InferencePlan plan;
    readonly Device device;
    readonly Preprocessing preprocessing;
    readonly int classCount,
        batchSize;

    /// <summary>Compiles the network.</summary>
    /// <param name="network">The network; its parameters may end once this is made, unless it takes the least memory.</param>
    /// <param name="batchSize">Most images at a time.</param>
    /// <param name="memory">Low where it is used too few times to earn back what packing larger weights costs, least where it is used
    /// once.</param>
    public Classifier(Network network, int batchSize, PlanMemory memory = PlanMemory.Fast)
    {
        (device, preprocessing, this.batchSize) = (network.Device, network.Preprocessing, batchSize);
        classCount = network.Architecture.ClassCount;
        plan = InferencePlan.Compile(
            network.Graph.Logits(),
            network.Parameters,
            device,
            preprocessing.InputShape(batchSize),
            new InferenceOptions { Memory = memory }
        );
    }

    /// <summary>Logits, one row for each image.</summary>
    /// <param name="pixels">[N, H, W, C], prepared.</param>
    /// <param name="count">N.</param>
    /// <returns>[N · classes].</returns>
    public float[] Logits(ReadOnlySpan<float> pixels, int count)
    {
        using var scope = device.BeginScope();
        return plan.Run(Tensor<float>.From(device, preprocessing.InputShape(count), pixels)).ToArray();
    }

    /// <summary>The probability of each class: the softmax of its logits.</summary>
    public static double[] Probabilities(ReadOnlySpan<float> logits)
    {
        double[] powers = new double[logits.Length];
        double largest = double.NegativeInfinity;
        foreach (float logit in logits)
            largest = Math.Max(largest, logit);
        for (int i = 0; i < powers.Length; i++)
            powers[i] = Math.Exp(logits[i] - largest);
        double total = powers.Sum();
        return [.. powers.Select(power => power / total)];
    }

    /// <summary>Logits of every image of a set, in order.</summary>
    /// <param name="images">The images.</param>
    /// <param name="threadCount">Threads that decode, at least 1.</param>
    /// <param name="cancellation">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>[classes] for each image. An image that cannot be decoded gives an error that names it in its place.</returns>
    public IEnumerable<Result<ReadOnlyMemory<float>, PqfError>> Logits(
        ImageSet images,
        int threadCount,
        CancellationToken cancellation = default
    )
    {
        var loading = new Loading(batchSize, threadCount, SkipsCorrupt: true);
        foreach (var result in ImageBatches.Load(images, preprocessing, loading, cancellation))
        {
            if (result is not Result<ImageBatch, PqfError>.Ok(var batch))
            {
                yield return ((Result<ImageBatch, PqfError>.Error)result).Value;
                yield break;
            }

            float[] logits = batch.Count == 0 ? [] : Logits(batch.Pixels.Span, batch.Count);
            for (int i = 0, row = 0; i < batch.Count + batch.Skipped.Count; i++)
                yield return batch.Skipped.TryGetValue(i, out var error)
                    ? error
                    : (ReadOnlyMemory<float>)logits.AsMemory(row++ * classCount, classCount);
        }
    }
}
