namespace Pqf.Compression.Reconstruction;

/// <summary>Codewords as <see cref="CodeSearch"/> takes them.</summary>
/// <param name="Words">[d, padded k], transposed.</param>
/// <param name="Halves">[padded k]: half the squared length that counts; infinite beyond k.</param>
sealed record WordTable(float[] Words, float[] Halves)
{
    /// <summary>Codewords under the squared distance.</summary>
    /// <param name="codebook">[k, d].</param>
    /// <param name="d">Block length.</param>
    public static WordTable Of(ReadOnlySpan<float> codebook, int d)
    {
        var table = Empty(codebook.Length / d, d);
        for (int c = 0; c < codebook.Length / d; c++)
            table.Set(c, codebook.Slice(c * d, d));
        return table;
    }

    /// <summary>Codewords c L, so that distances are |(x − c) L|².</summary>
    /// <param name="codebook">[k, d].</param>
    /// <param name="factor">[d, d]: L, lower.</param>
    /// <param name="d">Block length.</param>
    public static WordTable Of(ReadOnlySpan<float> codebook, double[] factor, int d)
    {
        var table = Empty(codebook.Length / d, d);
        Span<float> word = stackalloc float[d];
        for (int c = 0; c < codebook.Length / d; c++)
        {
            BlockMetric.TimesLower(codebook.Slice(c * d, d), factor, d, word);
            table.Set(c, word);
        }

        return table;
    }

    static WordTable Empty(int k, int d)
    {
        int padded = CodeSearch.Padded(k);
        float[] halves = new float[padded];
        Array.Fill(halves, float.PositiveInfinity);
        return new(new float[d * padded], halves);
    }

    void Set(int c, ReadOnlySpan<float> word)
    {
        double squares = 0;
        for (int q = 0; q < word.Length; q++)
        {
            Words[(q * Halves.Length) + c] = word[q];
            squares += (double)word[q] * word[q];
        }

        Halves[c] = (float)(squares / 2);
    }
}
