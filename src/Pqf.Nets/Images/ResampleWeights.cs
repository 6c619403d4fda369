namespace Pqf.Nets.Images;

/// <summary>The weights of one direction of the resampler, in fixed point.</summary>
/// <param name="Taps">Most inputs that an output has.</param>
/// <param name="First">First input of each output.</param>
/// <param name="Count">Inputs of each output, at least 1.</param>
/// <param name="Values">[outputs, <paramref name="Taps"/>], units of 2^-<see cref="FractionBits"/>; zero beyond the count.</param>
readonly record struct ResampleWeights(int Taps, int[] First, int[] Count, int[] Values)
{
    /// <summary>What 32 bits leave for fractions, beside 8 bits of pixel and 2 bits of headroom.</summary>
    public const int FractionBits = 32 - 8 - 2;

    /// <summary>A half, which is added before a fraction is dropped.</summary>
    public const int Half = 1 << (FractionBits - 1);

    /// <summary>Weights of a triangle filter. When shrinking it widens with the scale, which is what removes aliasing.</summary>
    /// <param name="from">Pixels before.</param>
    /// <param name="to">Pixels after.</param>
    public static ResampleWeights Create(int from, int to) => Create(from, to, 0, to);

    /// <summary>Weights of some of the pixels only.</summary>
    /// <param name="from">Pixels before.</param>
    /// <param name="to">Pixels after, if all were computed.</param>
    /// <param name="start">The first one that is.</param>
    /// <param name="outputs">How many are.</param>
    public static ResampleWeights Create(int from, long to, long start, int outputs)
    {
        double scale = (double)from / to,
            width = Math.Max(scale, 1);
        int taps = ((int)Math.Ceiling(width) * 2) + 1;
        int[] first = new int[outputs],
            count = new int[outputs],
            values = new int[outputs * taps];
        double[] weights = new double[taps];
        for (int i = 0; i < outputs; i++)
        {
            double centre = (start + i + 0.5) * scale;
            first[i] = Math.Max((int)(centre - width + 0.5), 0);
            count[i] = Math.Min((int)(centre + width + 0.5), from) - first[i];
            double sum = 0;
            for (int tap = 0; tap < count[i]; tap++)
                sum += weights[tap] = Math.Max(0, 1 - Math.Abs((tap + first[i] - centre + 0.5) * (1 / width)));
            for (int tap = 0; tap < count[i]; tap++)
                values[(i * taps) + tap] = (int)((weights[tap] * (1 / sum) * (1 << FractionBits)) + 0.5);
        }

        return new(taps, first, count, values);
    }
}
