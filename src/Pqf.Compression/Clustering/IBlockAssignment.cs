using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Clustering;

/// <summary>The blocks of one weight and a squared distance of theirs from centroids, in which an error of each value has a weight of its
/// own.</summary>
interface IBlockAssignment
{
    /// <summary>The weight whose blocks they are.</summary>
    Weight Weight { get; }

    /// <summary>The blocks [n, d]: places that centroids may start from.</summary>
    ReadOnlySpan<float> Blocks { get; }

    /// <summary>The factor of a value's squared error.</summary>
    /// <param name="value">Its place in <see cref="Blocks"/>.</param>
    double WeightOf(int value);

    /// <summary>Rents what assigning to k centroids takes from the innermost scope.</summary>
    void Begin(int k);

    /// <summary>Assigns every block to its nearest centroid.</summary>
    /// <param name="codebook">[k, d].</param>
    /// <param name="totals">Overwritten.</param>
    void Assign(ReadOnlySpan<float> codebook, ClusterTotals totals);

    /// <summary>The codes [n] of the last <see cref="Assign"/>.</summary>
    ReadOnlySpan<ushort> Codes { get; }

    /// <summary>The nearest centroid of every block: codes [n] of the innermost scope.</summary>
    /// <param name="codebook">[k, d].</param>
    Tensor<ushort> CodesOf(Tensor<float> codebook);
}

/// <summary>Sums over the blocks of each of k clusters, h being the weight of a value.</summary>
sealed class ClusterTotals(int k, int d)
{
    /// <summary>[k]: blocks.</summary>
    public int[] Counts { get; } = new int[k];

    /// <summary>[k, d]: Σ h·x.</summary>
    public double[] Sums { get; } = new double[k * d];

    /// <summary>[k, d]: Σ h.</summary>
    public double[] Weights { get; } = new double[k * d];

    /// <summary>[k, d]: Σ h².</summary>
    public double[] SquaredWeights { get; } = new double[k * d];

    /// <summary>Sets all sums to 0.</summary>
    public void Clear()
    {
        Array.Clear(Counts);
        foreach (double[] sums in (ReadOnlySpan<double[]>)[Sums, Weights, SquaredWeights])
            Array.Clear(sums);
    }
}
