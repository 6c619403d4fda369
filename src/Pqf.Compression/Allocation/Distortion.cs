using System.Collections.Immutable;
using Pqf.Compression.Clustering;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Allocation;

/// <summary>How far a layer's weight is from its quantised form, for many block lengths and codebook sizes.</summary>
static class Distortion
{
    // Enough to rank block lengths and codebook sizes; the codebook that is kept is made later, with all iterations.
    const int Iterations = 4;

    // Blocks for each word, drawn from the layer's: clustering fewer makes errors look smaller, by some 3 % for all choices alike.
    const int BlocksPerWord = 32;

    // k = 2⁴ … 2¹⁰, and up to 2¹¹ for layers of single values, as the published settings have them.
    const int LeastCodeBits = 4,
        MostCodeBits = 10,
        MostCodeBitsOfSingleValues = 11;

    /// <summary>Lengths of blocks that are tried: a part of a kernel, whole kernels, and several for a layer of single values.</summary>
    /// <param name="weight">[O, I, kH, kW], or [O, I].</param>
    public static ImmutableArray<int> BlockLengths(Shape weight)
    {
        int row = weight.Count / weight[0],
            taps = weight.Rank == 4 ? weight[2] * weight[3] : 1;
        int[] lengths = taps > 1 ? [weight[3], taps, 2 * taps, 4 * taps] : [2, 4, 8, 16];
        return [.. lengths.Where(d => row % d == 0).Distinct().DefaultIfEmpty(row)];
    }

    /// <summary>The block lengths d and codebook sizes k that are tried.</summary>
    /// <param name="layer">Its own are tried only where it has too few blocks for the smallest codebook.</param>
    public static IEnumerable<LayerForm.Codes> Candidates(LayerBlocks layer)
    {
        int count = layer.Weight.Count;
        return BlockLengths(layer.Weight)
            .SelectMany(d =>
                Enumerable
                    .Range(LeastCodeBits, MostBits(layer.Weight) - LeastCodeBits + 1)
                    .Select(bits => new LayerForm.Codes(d, 1 << bits))
                    .Where(tried => tried.K <= Blocks.LargestCodebook(count / tried.D))
            )
            .DefaultIfEmpty(new(layer.D, layer.K));
    }

    /// <summary>The choices of a layer, without those that another beats in both size and error.</summary>
    /// <param name="forms">The forms that are tried, with their bits.</param>
    /// <param name="weight">Dense.</param>
    /// <param name="key">The layer's own randomness.</param>
    /// <param name="cancellation">Ends it between two choices with an <see cref="OperationCanceledException"/>.</param>
    public static ImmutableArray<LayerChoice> Of(
        IEnumerable<(LayerForm Form, long Bits)> forms,
        Weight weight,
        RngKey key,
        CancellationToken cancellation
    )
    {
        using var scope = weight.Tensors().First().Device.BeginScope();
        var values = weight.Decode();
        float[] all = values.ToArray();
        var choices = ImmutableArray.CreateBuilder<LayerChoice>();
        foreach (var (form, bits) in forms)
        {
            cancellation.ThrowIfCancellationRequested();
            double error = form.Match(
                codes => Error(Sample(all, codes.D, codes.K, values.Device, key), codes.D, codes.K, key),
                plain => LayerReport.RelativeErrorOf(weight, new Weight.Dense(values) { Form = plain.Form }.AsStored())
            );
            choices.Add(new(form, bits, error));
        }

        return LayerChoice.Best(choices);
    }

    static int MostBits(Shape weight) => weight is { Rank: 4 } && weight[2] * weight[3] > 1 ? MostCodeBits : MostCodeBitsOfSingleValues;

    /// <summary>Some of a weight's blocks [n, d], or all if there are few.</summary>
    static Weight.Dense Sample(float[] all, int d, int k, Device device, RngKey key)
    {
        int n = all.Length / d,
            count = Math.Min(n, BlocksPerWord * k);
        if (count == n)
            return new(Tensor<float>.From(device, [n, d], all));
        float[] sample = new float[count * d];
        var drawn = key.Fold("sample").Fold((ulong)d);
        for (int i = 0; i < count; i++)
        {
            // One of each stretch of blocks, so that all parts of the weight are in it.
            int first = (int)((long)i * n / count),
                next = (int)((i + 1L) * n / count);
            all.AsSpan((first + drawn.Below(next - first, (ulong)i)) * d, d).CopyTo(sample.AsSpan(i * d));
        }

        return new(Tensor<float>.From(device, [count, d], sample));
    }

    /// <summary>A weight, clustered as a choice says; in the innermost scope.</summary>
    /// <param name="weight">Dense.</param>
    /// <param name="d">Length of a block; divides the weight's count.</param>
    /// <param name="k">Words of the codebook.</param>
    /// <param name="iterations">Of k-means.</param>
    /// <param name="key">Draws what the clustering starts from.</param>
    public static Weight.Quantised Clustered(Weight weight, int d, int k, int iterations, RngKey key)
    {
        var clustering = new BlockClustering(weight, d, k, KMeansType.KMeans, iterations, key);
        while (!clustering.IsDone)
            clustering.Advance(iterations);
        return clustering.Finish();
    }

    static double Error(Weight weight, int d, int k, RngKey key)
    {
        using var scope = weight.Tensors().First().Device.BeginScope();
        return LayerReport.RelativeErrorOf(weight, Clustered(weight, d, k, Iterations, key.Fold((ulong)d).Fold((ulong)k)));
    }
}
