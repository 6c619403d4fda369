namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>One assignment of blocks to centroids, with what the update of the centroids needs.</summary>
/// <param name="Codes">[n], below k; ties go to the lower code.</param>
/// <param name="Sums">[k, d]: the sum of the blocks of each centroid.</param>
/// <param name="Counts">[k]: how many blocks each centroid has.</param>
public sealed record ClusterSums(Tensor<ushort> Codes, Tensor<float> Sums, Tensor<int> Counts);
