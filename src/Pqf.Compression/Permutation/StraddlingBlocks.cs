using System.Numerics;

namespace Pqf.Compression.Permutation;

/// <summary>A weight whose blocks of d columns straddle its channels of r columns each: a linear layer after flattened cells (fc6: r = 49,
/// d = 16).</summary>
/// <remarks>
/// A channel at place p begins at position p · r mod d of a block, its phase. What it gives to the covariance alone is kept for each phase;
/// products of two channels that meet in
/// a block are taken when they are asked for. The mean over all values is taken off first, which changes no covariance. 8 bytes a value,
/// and 8 · d² for each channel and phase.
/// </remarks>
sealed class StraddlingBlocks : IBlockedWeight
{
    readonly double[] columns; // [channels, r, rows]
    readonly double[] ownMoments; // [channels, phases, d, d]
    readonly double[] ownSums; // [channels, phases, d]
    readonly int phaseCount,
        phaseStep;

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
        columns = Transpose(weight, rows);
        (ownMoments, ownSums) = (new double[channels * phaseCount * d * d], new double[channels * phaseCount * d]);
        var products = new double[Run * Run];
        for (int channel = 0; channel < channels; channel++)
        {
            Products(channel, 0, Run, channel, 0, Run, products);
            for (int phase = 0; phase < phaseCount; phase++)
                AddOwn(channel, phase, products);
        }

        double variances = Enumerable.Range(0, channels * Run).Sum(Variance);
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

    /// <summary>Products of columns of two channels, summed over the rows.</summary>
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
            products[(i * countB) + j] = Dot(Column((a * Run) + fromA + i), Column((b * Run) + fromB + j));
    }

    int At(int channel, int place) => (channel * phaseCount) + ((int)((long)place * Run % D) / phaseStep);

    ReadOnlySpan<double> Column(int column) => columns.AsSpan(column * Rows, Rows);

    void AddOwn(int channel, int phase, double[] products)
    {
        int at = (channel * phaseCount) + phase,
            first = phase * phaseStep;
        Span<double> moments = ownMoments.AsSpan(at * D * D, D * D),
            sums = ownSums.AsSpan(at * D, D);
        for (int i = 0; i < Run; i++)
        {
            int p = (first + i) % D,
                block = (first + i) / D;
            foreach (double value in Column((channel * Run) + i))
                sums[p] += value;
            for (int j = Math.Max(0, (block * D) - first); j < Math.Min(Run, ((block + 1) * D) - first); j++)
                moments[(p * D) + ((first + j) % D)] += products[(i * Run) + j];
        }
    }

    double Variance(int column)
    {
        double sum = 0,
            squares = 0;
        foreach (double value in Column(column))
        {
            sum += value;
            squares += value * value;
        }

        return squares - (sum * sum / Rows);
    }

    static double[] Transpose(ReadOnlySpan<float> weight, int rows)
    {
        double mean = 0;
        foreach (float value in weight)
            mean += value;
        mean /= weight.Length;
        int count = weight.Length / rows;
        double[] columns = GC.AllocateUninitializedArray<double>(weight.Length);
        for (int row = 0; row < rows; row++)
        for (int column = 0; column < count; column++)
            columns[(column * rows) + row] = weight[(row * count) + column] - mean;
        return columns;
    }

    static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector<double> s0 = default,
            s1 = default;
        int i = 0;
        for (; i <= a.Length - (2 * Vector<double>.Count); i += 2 * Vector<double>.Count)
        {
            s0 += new Vector<double>(a[i..]) * new Vector<double>(b[i..]);
            s1 += new Vector<double>(a[(i + Vector<double>.Count)..]) * new Vector<double>(b[(i + Vector<double>.Count)..]);
        }

        double sum = Vector.Sum(s0 + s1);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
