using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>Statistics of batch norms, estimated again from unlabelled images: what a network needs right after quantisation.</summary>
/// <remarks>Batches are asked for one at a time, each inside a scope that ends when the batch is done: a lazy sequence may make its tensors
/// as it goes.</remarks>
public static class Calibration
{
    /// <summary>Norms whose running statistics are those of their inputs, the network's function unchanged.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Norms may be folded, with mean 0 and variance 1, or hold any statistics.</param>
    /// <param name="batches">Images [N, H, W, C], one batch at least.</param>
    /// <returns>For a norm of weight w, bias b, mean m, variance s that sees mean μ and variance v: w·√((v + ε)/(s + ε)), b + w·(μ − m)/√(s
    /// + ε), μ, v. New tensors
    /// belong to the innermost scope.</returns>
    /// <remarks>
    /// Without this, re-estimating or training folded norms applies the statistics twice. Give the images that <see cref="Reestimate"/>
    /// will get: scales that fit the
    /// statistics of other images are off by the difference (published ResNet-18, 100 images instead of all 400: 282 right instead of 297).
    /// </remarks>
    /// <exception cref="ArgumentException">There is no batch.</exception>
    public static Parameters Unfold(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches) =>
        Estimated(graph, parameters, batches, NormMode.Running).Unfolded();

    /// <summary>Norms whose running statistics are averages over batches, each batch normalised by its own statistics.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Norms unfolded.</param>
    /// <param name="batches">Images [N, H, W, C], one batch at least, more than one value per channel.</param>
    /// <returns>Running mean and variance as PyTorch's training mode with <c>momentum=None</c> leaves them: plain averages, variances
    /// divided by the count less one.
    /// New tensors belong to the innermost scope.</returns>
    /// <exception cref="ArgumentException">There is no batch.</exception>
    public static Parameters Reestimate(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches) =>
        Estimated(graph, parameters, batches, NormMode.Batch).Reestimated();

    static NormEstimates Estimated(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches, NormMode mode)
    {
        var estimates = new NormEstimates(graph, parameters, mode);
        using var enumerator = batches.GetEnumerator();
        bool any = false;
        while (Next(enumerator, parameters.Tensors().First().Device, estimates))
            any = true;
        return any
            ? estimates
            : throw new ArgumentException("Calibration: expected one batch of images at least, got none", nameof(batches));
    }

    static bool Next(IEnumerator<Tensor<float>> batches, Device device, NormEstimates estimates)
    {
        using var scope = device.BeginScope();
        if (!batches.MoveNext())
            return false;
        estimates.Add(batches.Current);
        return true;
    }
}
