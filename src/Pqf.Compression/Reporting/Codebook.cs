using System.Collections.Immutable;
using Pqf.Nets.Weights;

namespace Pqf.Compression.Reporting;

/// <summary>The centroids of a layer, to be looked at.</summary>
/// <param name="Layer">PyTorch name.</param>
/// <param name="Height">Rows of a centroid when it is drawn.</param>
/// <param name="Width">Columns; of large blocks the kernels stand side by side.</param>
/// <param name="Centroids">Each d values, of which the kernels follow each other; the most used first.</param>
/// <param name="Uses">Blocks of each centroid.</param>
public sealed record Codebook(
    string Layer,
    int Height,
    int Width,
    ImmutableArray<ImmutableArray<float>> Centroids,
    ImmutableArray<int> Uses
)
{
    /// <summary>Block length d.</summary>
    public int D => Centroids[0].Length;

    /// <summary>Reads a quantised weight.</summary>
    /// <param name="layer">PyTorch name of its layer.</param>
    /// <param name="weight">Of rank 2 or 4.</param>
    public static Codebook Of(string layer, Weight.Quantised weight)
    {
        float[] values = weight.Codebook.ToArray();
        int[] uses = new int[weight.K];
        foreach (ushort code in weight.Codes.OnHost())
            uses[code]++;
        int[] order = [.. Enumerable.Range(0, weight.K).OrderByDescending(code => uses[code])];
        var (height, width) = SizeOf(weight);
        return new(
            layer,
            height,
            width,
            [.. order.Select(code => values.AsSpan(code * weight.D, weight.D).ToImmutableArray())],
            [.. order.Select(code => uses[code])]
        );
    }

    /// <summary>Column and row of a value of a centroid.</summary>
    internal (int X, int Y) PlaceOf(int index)
    {
        int kernel = Height * Height; // kernels side by side are square; without kernels the values fill rows
        return D % kernel == 0 && Width % Height == 0
            ? ((index / kernel * Height) + (index % Height), index % kernel / Height)
            : (index % Width, index / Width);
    }

    // Whole k×k kernels side by side; else as near a square as may be.
    static (int Height, int Width) SizeOf(Weight.Quantised weight)
    {
        var shape = weight.DenseShape;
        int d = weight.D;
        if (shape.Rank == 4 && shape[2] == shape[3] && shape[2] > 1 && d % (shape[2] * shape[3]) == 0)
            return (shape[2], d / shape[2]);
        int width = (int)Math.Ceiling(Math.Sqrt(d));
        return ((d + width - 1) / width, width);
    }
}
