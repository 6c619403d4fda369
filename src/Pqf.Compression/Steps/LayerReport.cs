using Pqf.Compression.Reconstruction;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;

namespace Pqf.Compression.Steps;

/// <summary>What quantising one layer cost and gave.</summary>
/// <param name="Blocks">How the weight was cut, and k.</param>
/// <param name="MeanSquaredError">Mean over the blocks of the squared distance to the centroid: the error of the paper's section 3.3.
/// Divided by d it is that of a value.</param>
/// <param name="RelativeError">Sum of squared errors over the sum of the weight's squares, from 0; above 1 where the errors are larger; 0
/// for a weight of zeros.</param>
/// <param name="CodeEntropyBits">Entropy of the codes, at most log₂ k.</param>
public sealed record LayerReport(LayerBlocks Blocks, double MeanSquaredError, double RelativeError, double CodeEntropyBits)
{
    /// <summary>Bits of the packed codes and of the codebook.</summary>
    public long SizeBits => Cost.BitsOf(Blocks.N, Blocks.K, Blocks.D, CodebookForm);

    /// <summary>How files hold the codebook.</summary>
    public ValueForm CodebookForm { get; init; } = ValueForm.Half;

    /// <summary>Squared error of the layer's output on photographs, given what is quantised before it, as a part of the output's square;
    /// null where the layer was not reconstructed.</summary>
    public double? OutputError { get; init; }

    /// <summary>Error of the network's outputs if this layer alone were quantised, as <see cref="Allocation.OutputError"/> has it;
    /// null where it was not measured.</summary>
    public double? Effect { get; init; }

    /// <summary>Seconds that the layer took, if the caller measures them; steps have no clock.</summary>
    public double Seconds { get; init; }

    /// <summary>Factors of the quantised weight's rows that its norm takes back; null for none. Errors of weights are those without
    /// them.</summary>
    internal RowScales? RowScales { get; init; }

    /// <summary>Compares a weight with its quantised form.</summary>
    public static LayerReport Of(LayerBlocks blocks, Weight weight, Weight.Quantised quantised) => Of(blocks, weight, quantised, null);

    /// <summary>Compares a weight with its quantised form, whose rows are scaled.</summary>
    internal static LayerReport Of(LayerBlocks blocks, Weight weight, Weight.Quantised quantised, RowScales? rowScales)
    {
        var (error, squares) = Errors(weight, quantised, rowScales);
        return new(blocks, error / blocks.N, Relative(error, squares), Entropy(quantised.Codes.OnHost(), blocks.K))
        {
            CodebookForm = quantised.CodebookForm,
            RowScales = rowScales,
        };
    }

    /// <summary><see cref="RelativeError"/> of a weight that is stored in fewer bits.</summary>
    internal static double RelativeErrorOf(Weight weight, Weight quantised)
    {
        var (error, squares) = Errors(weight, quantised, null);
        return Relative(error, squares);
    }

    static double Relative(double error, double squares) => squares == 0 ? 0 : error / squares;

    /// <summary>Sum of squared errors, and of the weight's squares.</summary>
    static (double Error, double Squares) Errors(Weight weight, Weight quantised, RowScales? rowScales)
    {
        using var scope = weight.Tensors().First().Device.BeginScope();
        var wanted = weight.Decode().OnHost();
        double error = 0,
            squares = 0;
        if (quantised is Weight.Quantised coded)
        {
            // By its codes: a decoded copy of a large weight would be as large.
            var codes = coded.Codes.OnHost();
            var (codebook, d) = (coded.Codebook.ToArray(), coded.D);
            int columns = rowScales is null ? 1 : wanted.Length / rowScales.Factors.Length;
            for (int i = 0; i < wanted.Length; i++)
                Add(wanted[i], codebook[(codes[i / d] * d) + (i % d)] / (rowScales?.Factors[i / columns] ?? 1));
            return (error, squares);
        }

        var got = quantised.Decode().OnHost();
        for (int i = 0; i < wanted.Length; i++)
            Add(wanted[i], got[i]);
        return (error, squares);

        void Add(double value, double instead)
        {
            error += (value - instead) * (value - instead);
            squares += value * value;
        }
    }

    static double Entropy(ReadOnlySpan<ushort> codes, int k)
    {
        int[] counts = new int[k];
        foreach (ushort code in codes)
            counts[code]++;
        int total = codes.Length;
        return counts.Where(count => count > 0).Sum(count => (double)count / total * Math.Log2((double)total / count));
    }
}
