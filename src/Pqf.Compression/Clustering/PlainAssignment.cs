using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Compression.Clustering;

/// <summary>Assignment by squared distance: every value weighs 1.</summary>
sealed class PlainAssignment : IBlockAssignment
{
    readonly int n,
        d;
    readonly float[]? copy; // of values that are not on the host
    float[] sums = [];
    Tensor<float>? blocks,
        centroids;
    ClusterSums? assigned;

    /// <param name="weight">Finite; must outlive the assignment.</param>
    /// <param name="d">Block length; divides the weight's count.</param>
    public PlainAssignment(Weight weight, int d)
    {
        (Weight, this.d, n) = (weight, d, weight.Shape.Count / d);
        if (weight is Weight.Dense { Value.Device: HostDevice })
            return;
        using var scope = weight.Tensors().First().Device.BeginScope();
        copy = weight.Decode().ToArray();
    }

    public Weight Weight { get; }

    public ReadOnlySpan<float> Blocks => copy ?? Weight.Decode().OnHost();

    public double WeightOf(int value) => 1;

    public void Begin(int k)
    {
        blocks = Weight.Decode().Reshape([n, d]);
        var device = blocks.Device;
        if (sums.Length != k * d)
            sums = new float[k * d];
        centroids = Tensor<float>.Rent(device, [k, d]);
        assigned = new(Tensor<ushort>.Rent(device, [n]), Tensor<float>.Rent(device, [k, d]), Tensor<int>.Rent(device, [k]));
    }

    public void Assign(ReadOnlySpan<float> codebook, ClusterTotals totals)
    {
        centroids!.Overwrite(codebook);
        NearestCentroid.WithSumsInto(blocks!, centroids, assigned!);
        assigned!.Sums.CopyTo(sums);
        assigned.Counts.CopyTo(totals.Counts);
        for (int at = 0; at < sums.Length; at++)
            (totals.Sums[at], totals.Weights[at], totals.SquaredWeights[at]) = (sums[at], totals.Counts[at / d], totals.Counts[at / d]);
    }

    public ReadOnlySpan<ushort> Codes => assigned!.Codes.OnHost();

    public Tensor<ushort> CodesOf(Tensor<float> codebook) => NearestCentroid.Forward(Weight.Decode().Reshape([n, d]), codebook);
}
