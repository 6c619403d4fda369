using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Quantisation;

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
        var (n, _, _) = Sizes(blocks.Shape, codebook.Shape);
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
        var (n, k, d) = Sizes(blocks.Shape, codebook.Shape);
        Shapes.SameDevice("NearestCentroid", blocks.Device, codebook);
        var device = blocks.Device;
        var result = new ClusterSums(Tensor<ushort>.Rent(device, [n]), Tensor<float>.Rent(device, [k, d]), Tensor<int>.Rent(device, [k]));
        WithSumsInto(blocks, codebook, result);
        return result;
    }

    /// <summary>As <see cref="WithSums"/>, into given tensors, for loops of many iterations.</summary>
    internal static void WithSumsInto(Tensor<float> blocks, Tensor<float> codebook, ClusterSums result)
    {
        Sizes(blocks.Shape, codebook.Shape);
        if (blocks.Device is HostDevice host)
            SumsHost(host, blocks, codebook, result);
        else
            SumsGpu((GpuDevice)blocks.Device, blocks, codebook, result);
    }

    /// <summary>Checks blocks [n, d] against a codebook [k, d].</summary>
    static (int N, int K, int D) Sizes(Shape blocks, Shape codebook)
    {
        if (blocks.Rank != 2 || codebook.Rank != 2 || blocks[1] != codebook[1] || codebook[0] < 1 || codebook[0] > 65536)
            throw new ShapeException(
                "NearestCentroid",
                $"expected blocks [n, d] and a codebook [k, d] with 1 ≤ k ≤ 65536, got {blocks} and {codebook}"
            );
        return (blocks[0], codebook[0], codebook[1]);
    }
}
