using System.Numerics;

namespace Pqf.Compression.Permutation;

/// <summary>A weight whose blocks of d columns straddle its channels of r columns each: a linear layer after flattened cells (fc6: r = 49,
/// d = 16).</summary>
/// <remarks>
/// A channel at place p begins at position p · r mod d of a block, its phase. What it gives to the covariance alone is kept for each phase;
/// products of two channels that meet in
/// a block are taken when they are asked for. The mean over all values is taken off first, which changes no covariance. Of a channel's
/// columns only the first and last d − 1 can be in a block with another channel's: 4 bytes for each of their values, and 8 · d² for
/// each channel and phase. Sums are in double.
/// </remarks>
sealed class StraddlingBlocks : IBlockedWeight
{
    readonly float[] columns; // [channels, kept columns, rows]
    readonly double[] ownMoments; // [channels, phases, d, d]
    readonly double[] ownSums; // [channels, phases, d]
    readonly double mean;
    readonly int phaseCount,
        phaseStep,
        keptCount;

    /// <param name="weight">[rows, channels · r].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="d">Block length; divides channels · r.</param>
    public StraddlingBlocks(ReadOnlySpan<float> weight, int rows, int channels, int d)
    {
        (Rows, Channels, D) = (rows, channels, d);
        Run = weight.Length / rows / channels;
        phaseStep = Gcd(Run, d);
        phaseCount = d / phaseStep;
        keptCount = Math.Min(Run, 2 * (d - 1));
        mean = Mean(weight);
        columns = GC.AllocateUninitializedArray<float>(channels * keptCount * rows);
        (ownMoments, ownSums) = (new double[channels * phaseCount * d * d], new double[channels * phaseCount * d]);
        double[] products = new double[Run * Run];
        float[] own = new float[Run * rows];
        double variances = 0;
        for (int channel = 0; channel < channels; channel++)
        {
            Transpose(weight, channel, own);
            for (int i = 0; i < Run; i++)
            for (int j = 0; j < Run; j++)
                products[(i * Run) + j] = Dot(own.AsSpan(i * rows, rows), own.AsSpan(j * rows, rows));
            for (int phase = 0; phase < phaseCount; phase++)
                AddOwn(channel, phase, own, products);
            for (int i = 0; i < Run; i++)
            {
                variances += Variance(own.AsSpan(i * rows, rows));
                if (Kept(i) is >= 0 and var kept)
                    own.AsSpan(i * rows, rows).CopyTo(Column(channel, kept));
            }
        }

        Floor = Math.Max(variances / (channels * Run) / Math.Max(1, rows - 1) * Math.Pow(2, -40), 1e-290);
    }

    public int Rows { get; }

    /// <inheritdoc/>
    public int Channels { get; }

    /// <summary>Columns r of a channel.</summary>
    public int Run { get; }

    /// <summary>Block length.</summary>
    public int D { get; }

    /// <summary>Pivots below this count as it (see <see cref="BlockCovariance"/>).</summary>
    public double Floor { get; }

    /// <inheritdoc/>
    public IBlockObjective Under(ReadOnlySpan<int> order) => new StraddlingCovariance(this, order);

    /// <inheritdoc/>
    public int[] GreedyOrder() =>
        throw new InvalidOperationException("StraddlingBlocks: expected blocks of whole channels for a greedy order");

    /// <summary>What a channel alone gives at a place: products of its columns within blocks [d, d].</summary>
    public ReadOnlySpan<double> OwnMoments(int channel, int place) => ownMoments.AsSpan(At(channel, place) * D * D, D * D);

    /// <summary>Sums of its columns by position [d].</summary>
    public ReadOnlySpan<double> OwnSums(int channel, int place) => ownSums.AsSpan(At(channel, place) * D, D);

    /// <summary>Products of columns of two channels, summed over the rows. Both lie in one block at some places.</summary>
    /// <param name="a">A channel.</param>
    /// <param name="fromA">Its first column.</param>
    /// <param name="countA">Its columns.</param>
    /// <param name="b">Another.</param>
    /// <param name="fromB">Its first column.</param>
    /// <param name="countB">Its columns.</param>
    /// <param name="products">[countA, countB].</param>
    public void Products(int a, int fromA, int countA, int b, int fromB, int countB, Span<double> products)
    {
        for (int i = 0; i < countA; i++)
        for (int j = 0; j < countB; j++)
            products[(i * countB) + j] = Dot(Column(a, Kept(fromA + i)), Column(b, Kept(fromB + j)));
    }

    int At(int channel, int place) => (channel * phaseCount) + ((int)((long)place * Run % D) / phaseStep);

    /// <summary>The place among the kept columns of a channel's column; negative if it is not kept.</summary>
    int Kept(int column) =>
        column < D - 1 ? column
        : column >= Run - (D - 1) ? column - Run + keptCount
        : -1;

    Span<float> Column(int channel, int kept) => columns.AsSpan(((channel * keptCount) + kept) * Rows, Rows);

    void AddOwn(int channel, int phase, ReadOnlySpan<float> own, double[] products)
    {
        int at = (channel * phaseCount) + phase,
            first = phase * phaseStep;
        Span<double> moments = ownMoments.AsSpan(at * D * D, D * D),
            sums = ownSums.AsSpan(at * D, D);
        for (int i = 0; i < Run; i++)
        {
            int p = (first + i) % D,
                block = (first + i) / D;
            foreach (float value in own.Slice(i * Rows, Rows))
                sums[p] += value - mean;
            for (int j = Math.Max(0, (block * D) - first); j < Math.Min(Run, ((block + 1) * D) - first); j++)
                moments[(p * D) + ((first + j) % D)] += products[(i * Run) + j];
        }
    }

    double Variance(ReadOnlySpan<float> column)
    {
        double sum = 0,
            squares = 0;
        foreach (float single in column)
        {
            double value = single - mean;
            sum += value;
            squares += value * value;
        }

        return squares - (sum * sum / Rows);
    }

    static double Mean(ReadOnlySpan<float> weight)
    {
        double sum = 0;
        foreach (float value in weight)
            sum += value;
        return sum / weight.Length;
    }

    /// <summary>The columns of one channel, [r, rows].</summary>
    void Transpose(ReadOnlySpan<float> weight, int channel, Span<float> own)
    {
        for (int row = 0; row < Rows; row++)
        {
            var values = weight.Slice(((row * Channels) + channel) * Run, Run);
            for (int i = 0; i < values.Length; i++)
                own[(i * Rows) + row] = values[i];
        }
    }

    /// <summary>Σ (a − mean) · (b − mean), in double.</summary>
    double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<double> s0 = default,
            s1 = default,
            off = new(mean);
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var a0, out var a1);
            Vector.Widen(new Vector<float>(b[i..]), out var b0, out var b1);
            s0 += (a0 - off) * (b0 - off);
            s1 += (a1 - off) * (b1 - off);
        }

        double sum = Vector.Sum(s0 + s1);
        for (; i < a.Length; i++)
            sum += (a[i] - mean) * (b[i] - mean);
        return sum;
    }

    static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
