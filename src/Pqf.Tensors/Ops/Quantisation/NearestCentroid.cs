using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>One assignment of blocks to centroids, with what the update of the centroids needs.</summary>
/// <param name="Codes">[n], below k; ties go to the lower code.</param>
/// <param name="Sums">[k, d]: the sum of the blocks of each centroid.</param>
/// <param name="Counts">[k]: how many blocks each centroid has.</param>
public sealed record ClusterSums(Tensor<ushort> Codes, Tensor<float> Sums, Tensor<int> Counts);

/// <summary>Nearest centroid of each block, by squared distance.</summary>
/// <remarks>
/// Squared distance expanded as |x|² − 2x·c + |c|²; the |x|² term is dropped. Cost n·k·d; the n×k matrix of distances never exists.
/// Source: Jégou, Douze, Schmid 2011, section II. Sums are added up in fixed parts of the blocks: one input, one result.
/// </remarks>
public static partial class NearestCentroid
{
    /// <summary>The code of each block.</summary>
    /// <param name="blocks">[n, d], any scale.</param>
    /// <param name="codebook">[k, d], 1 ≤ k ≤ 65,536.</param>
    /// <returns>Codes [n], below k; ties go to the lower code.</returns>
    /// <exception cref="ShapeException">Block lengths differ.</exception>
    public static Tensor<ushort> Forward(Tensor<float> blocks, Tensor<float> codebook)
    {
        var (n, _, _) = Shapes.NearestCentroid(blocks.Shape, codebook.Shape);
        Shapes.SameDevice("NearestCentroid", blocks.Device, codebook);
        var codes = Tensor<ushort>.Rent(blocks.Device, [n]);
        if (blocks.Device is HostDevice host)
            AssignHost(host, blocks, codebook, codes);
        else
            AssignGpu((GpuDevice)blocks.Device, blocks, codebook, codes);
        return codes;
    }

    /// <summary>The code of each block, and the sum and count of each centroid's blocks, in one pass.</summary>
    /// <param name="blocks">[n, d], any scale.</param>
    /// <param name="codebook">[k, d], 1 ≤ k ≤ 65,536.</param>
    /// <exception cref="ShapeException">Block lengths differ.</exception>
    public static ClusterSums WithSums(Tensor<float> blocks, Tensor<float> codebook)
    {
        var (n, k, d) = Shapes.NearestCentroid(blocks.Shape, codebook.Shape);
        Shapes.SameDevice("NearestCentroid", blocks.Device, codebook);
        var device = blocks.Device;
        var result = new ClusterSums(Tensor<ushort>.Rent(device, [n]), Tensor<float>.Rent(device, [k, d]), Tensor<int>.Rent(device, [k]));
        WithSumsInto(blocks, codebook, result);
        return result;
    }

    /// <summary>As <see cref="WithSums"/>, into given tensors, for loops of many iterations.</summary>
    internal static void WithSumsInto(Tensor<float> blocks, Tensor<float> codebook, ClusterSums result)
    {
        Shapes.NearestCentroid(blocks.Shape, codebook.Shape);
        if (blocks.Device is HostDevice host)
            SumsHost(host, blocks, codebook, result);
        else
            SumsGpu((GpuDevice)blocks.Device, blocks, codebook, result);
    }
}
