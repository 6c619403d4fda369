using System.Numerics;

namespace Pqf.Compression.Reconstruction;

/// <summary>Finds the codeword c that has the least n_c − 2 x·c, for any squared lengths n_c.</summary>
/// <remarks>The codebook stands transposed and padded, so that all codewords' scores are computed side by side. Ties go to the lower
/// code.</remarks>
static unsafe class CodeSearch
{
    /// <summary>Codewords are padded to a multiple of this.</summary>
    public const int Lanes = 16;

    /// <summary>k, padded.</summary>
    public static int Padded(int k) => (k + Lanes - 1) / Lanes * Lanes;

    /// <summary>The nearest codeword.</summary>
    /// <param name="x">[d].</param>
    /// <param name="words">[d, padded k]: the codewords, transposed.</param>
    /// <param name="halves">[padded k]: n_c / 2; infinite beyond k.</param>
    /// <param name="d">Length of a codeword.</param>
    /// <param name="padded">Padded k.</param>
    /// <param name="scores">[padded k], for the scores.</param>
    /// <returns>Its number.</returns>
    public static int Nearest(float* x, float* words, float* halves, int d, int padded, float* scores)
    {
        int width = Vector<float>.Count;
        for (int c = 0; c < padded; c += 2 * width)
        {
            int second = c + width < padded ? c + width : c;
            Vector<float> a = Vector.Load(halves + c),
                b = Vector.Load(halves + second);
            float* word = words;
            for (int q = 0; q < d; q++, word += padded)
            {
                var factor = new Vector<float>(-x[q]);
                a = Vector.FusedMultiplyAdd(factor, Vector.Load(word + c), a);
                b = Vector.FusedMultiplyAdd(factor, Vector.Load(word + second), b);
            }

            Vector.Store(b, scores + second);
            Vector.Store(a, scores + c);
        }

        int best = 0;
        for (int c = 1; c < padded; c++)
            if (scores[c] < scores[best])
                best = c;
        return best;
    }
}
