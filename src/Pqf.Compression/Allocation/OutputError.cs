using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Allocation;

/// <summary>One output of a network.</summary>
/// <param name="Shape">[N, classes], or of any other rank.</param>
/// <param name="Values">In memory order.</param>
readonly record struct OutputValues(Shape Shape, float[] Values);

/// <summary>How far a network's outputs are from the dense network's: for classes the divergence KL(dense, other), in nats, averaged over
/// the images; for anything else the squared error, as a part of the dense output's variance. Both grow with the square of small
/// errors.</summary>
/// <param name="outputs">All outputs of the network on the same images, for some values of its parameters.</param>
/// <param name="dense">The dense network's values.</param>
sealed class OutputError(Func<Parameters, OutputValues[]> outputs, Parameters dense)
{
    readonly OutputValues[] wanted = outputs(dense);

    /// <summary>The mean over all outputs; the largest number there is if an output is not finite.</summary>
    /// <param name="parameters">Any values of the network.</param>
    public double Of(Parameters parameters)
    {
        double error = wanted
            .Zip(
                outputs(parameters),
                (want, have) => want.Shape.Rank == 2 ? Divergence(want, have.Values) : Squared(want.Values, have.Values)
            )
            .Average();
        return double.IsFinite(error) ? error : double.MaxValue;
    }

    static double Divergence(OutputValues want, float[] have)
    {
        int classCount = want.Shape.Last,
            count = want.Values.Length / classCount;
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += Divergences.Of(want.Values.AsSpan(i * classCount, classCount), have.AsSpan(i * classCount, classCount));
        return sum / count;
    }

    static double Squared(float[] wanted, float[] got)
    {
        double mean = wanted.Average(value => (double)value),
            error = 0,
            variance = 0;
        for (int i = 0; i < wanted.Length; i++)
        {
            double difference = (double)wanted[i] - got[i],
                own = wanted[i] - mean;
            error += difference * difference;
            variance += own * own;
        }

        return variance > 0 ? error / variance : error;
    }
}
