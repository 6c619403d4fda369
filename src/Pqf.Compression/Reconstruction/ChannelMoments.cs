using Pqf.Tensors;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Compression.Reconstruction;

/// <summary>Mean and variance of each channel of a value, over all batches.</summary>
/// <param name="Mean">[C].</param>
/// <param name="Variance">[C], divided by the count.</param>
sealed record ChannelMoments(double[] Mean, double[] Variance)
{
    /// <summary>The moments of some batches.</summary>
    /// <param name="batches">[N, …, C].</param>
    public static ChannelMoments Of(IReadOnlyList<Tensor<float>> batches)
    {
        int channels = batches[0].Shape.Last;
        double[] mean = new double[channels],
            squares = new double[channels];
        long count = batches.Sum(batch => (long)batch.Shape.Count / channels);
        foreach (var batch in batches)
        {
            using var scope = batch.Device.BeginScope();
            var seen = Reduce.MeanAndVariance(batch);
            double share = (double)(batch.Shape.Count / channels) / count;
            float[] means = seen.Mean.ToArray(),
                variances = seen.Variance.ToArray();
            for (int c = 0; c < channels; c++)
            {
                mean[c] += share * means[c];
                squares[c] += share * (variances[c] + ((double)means[c] * means[c]));
            }
        }

        return new(mean, [.. squares.Select((square, c) => Math.Max(0, square - (mean[c] * mean[c])))]);
    }
}
