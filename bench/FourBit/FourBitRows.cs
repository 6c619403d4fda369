namespace Pqf.Bench.FourBit;

/// <summary>Weights in 4 bits: each row, the weights of one output channel, has a scale in half precision and codes from −8 to 7.</summary>
static class FourBitRows
{
    /// <summary>Bits of a weight's code.</summary>
    public const int CodeBits = 4;

    /// <summary>Bits of a row's scale.</summary>
    public const int ScaleBits = 16;

    const int LeastCode = -8,
        LargestCode = 7;

    // The scale that reaches the row's largest weight, and 25 smaller ones, down to half of it: large weights are cut off for finer steps.
    const int CandidateCount = 26;
    const double CandidateStep = 0.02;

    /// <summary>The values that codes and scales give back. Of each row's candidates for the scale the one of the least squared error is
    /// taken.</summary>
    /// <param name="weights">Row by row.</param>
    /// <param name="rowCount">Output channels.</param>
    public static float[] Rounded(ReadOnlySpan<float> weights, int rowCount)
    {
        float[] rounded = new float[weights.Length];
        int length = weights.Length / Math.Max(1, rowCount);
        for (int row = 0; row < rowCount; row++)
            Round(weights.Slice(row * length, length), rounded.AsSpan(row * length, length));
        return rounded;
    }

    static void Round(ReadOnlySpan<float> row, Span<float> rounded)
    {
        double largest = 0;
        foreach (float weight in row)
            largest = Math.Max(largest, Math.Abs(weight));
        var (best, least) = (0.0, double.PositiveInfinity);
        for (int i = 0; i < CandidateCount; i++)
        {
            // As the file holds it.
            double scale = (double)(Half)((1 - (i * CandidateStep)) * largest / LargestCode);
            double error = 0;
            foreach (float weight in row)
                error += Math.Pow(weight - Nearest(weight, scale), 2);
            if (error < least)
                (best, least) = (scale, error);
        }

        for (int j = 0; j < row.Length; j++)
            rounded[j] = (float)Nearest(row[j], best);
    }

    static double Nearest(float weight, double scale) =>
        scale == 0 ? 0 : scale * Math.Clamp(Math.Round(weight / scale), LeastCode, LargestCode);
}
