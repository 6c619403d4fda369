namespace Pqf.Compression.Permutation;

/// <summary>The log-determinant of the covariance of a weight's blocks under an order of its channels, and under exchanges of two
/// channels.</summary>
/// <remarks>
/// The covariance is divided by n − 1. An exchange costs O(d) products looked up and one factorisation of d×d. Where the covariance is
/// singular (dead
/// channels, fewer blocks than d), a pivot below 2^-40 of the mean variance of a column counts as that: such directions add a constant, the
/// others are
/// still searched, and no decision rests on a NaN. Objective: paper, section 3.2; its determinant underflows, hence the logarithm.
/// </remarks>
sealed class BlockCovariance : IBlockObjective
{
    readonly ChannelGram gram;
    readonly int channelsPerBlock,
        d;
    readonly long blockCount;
    readonly double floor;
    readonly int[] order;
    readonly double[] moments,
        triedMoments,
        sums,
        triedSums,
        factor;
    (int X, int Y) tried;
    double triedLogDet;

    /// <param name="gram">Products of the columns.</param>
    /// <param name="channelsPerBlock">c; d = c · taps.</param>
    /// <param name="order">Channel at each place; place b · c + p is position p of block b. Copied.</param>
    public BlockCovariance(ChannelGram gram, int channelsPerBlock, ReadOnlySpan<int> order)
    {
        this.gram = gram;
        this.channelsPerBlock = channelsPerBlock;
        this.order = order.ToArray();
        d = channelsPerBlock * gram.Taps;
        blockCount = (long)gram.Rows * (gram.Channels / channelsPerBlock);
        (moments, triedMoments, factor) = (new double[d * d], new double[d * d], new double[d * d]);
        (sums, triedSums) = (new double[d], new double[d]);
        floor = Floor(gram);
        AddUp();
        LogDet = Factorise(moments, sums);
    }

    /// <summary>Natural logarithm of the determinant under the present order.</summary>
    public double LogDet { get; private set; }

    /// <summary>Channel at each place.</summary>
    public ReadOnlySpan<int> Order => order;

    /// <summary>The log-determinant if the channels at two places were exchanged; <see cref="Accept"/> then exchanges them.</summary>
    public double Try(int x, int y)
    {
        tried = (x, y);
        moments.CopyTo(triedMoments, 0);
        sums.CopyTo(triedSums, 0);
        int c = channelsPerBlock,
            p = x % c,
            q = y % c,
            i = order[x],
            j = order[y];
        bool sameBlock = x / c == y / c;
        for (int r = 0; r < c; r++)
        {
            if (r != p && !(sameBlock && r == q))
                Replace(p, r, i, j, order[x - p + r]);
            if (r != q && !(sameBlock && r == p))
                Replace(q, r, j, i, order[y - q + r]);
        }

        if (sameBlock && p != q)
            Transpose(p, q, i, j);
        if (p != q)
            ReplaceOwn(p, q, i, j);
        return triedLogDet = Factorise(triedMoments, triedSums);
    }

    /// <summary>Makes the exchange tried last.</summary>
    public void Accept()
    {
        (order[tried.X], order[tried.Y]) = (order[tried.Y], order[tried.X]);
        triedMoments.CopyTo(moments, 0);
        triedSums.CopyTo(sums, 0);
        LogDet = triedLogDet;
    }

    /// <summary>The log-determinant of one channel's own taps × taps covariance.</summary>
    public static double OfChannel(ChannelGram gram, int channel)
    {
        // With one channel to a block and that channel alone, the block is the channel.
        int taps = gram.Taps,
            columns = gram.Channels * taps,
            start = channel * taps;
        double[] own = new double[taps * taps];
        for (int t = 0; t < taps; t++)
        for (int u = 0; u < taps; u++)
            own[(t * taps) + u] = gram.Products[((long)(start + t) * columns) + start + u];
        return Factorise(own, gram.Sums.AsSpan(start, taps), new double[taps * taps], gram.Rows, Floor(gram));
    }

    static double Floor(ChannelGram gram)
    {
        int columns = gram.Channels * gram.Taps;
        double sum = 0;
        for (int column = 0; column < columns; column++)
            sum += gram.Products[((long)column * columns) + column] - (gram.Sums[column] * gram.Sums[column] / gram.Rows);
        return Math.Max(sum / columns / Math.Max(1, gram.Rows - 1) * Math.Pow(2, -40), 1e-290);
    }

    void AddUp()
    {
        Array.Clear(moments);
        Array.Clear(sums);
        int taps = gram.Taps,
            columns = gram.Channels * taps,
            c = channelsPerBlock;
        for (int place = 0; place < order.Length; place++)
        {
            int p = place % c;
            for (int t = 0; t < taps; t++)
                sums[(p * taps) + t] += gram.Sums[(order[place] * taps) + t];
            for (int r = 0; r < c; r++)
            {
                int other = order[place - p + r];
                for (int t = 0; t < taps; t++)
                for (int u = 0; u < taps; u++)
                    moments[(((p * taps) + t) * d) + (r * taps) + u] += gram.Products[
                        ((long)((order[place] * taps) + t) * columns) + (other * taps) + u
                    ];
            }
        }
    }

    /// <summary>At position p, channel i gives way to j; position r of the same block keeps its channel.</summary>
    void Replace(int p, int r, int i, int j, int kept)
    {
        int taps = gram.Taps,
            columns = gram.Channels * taps;
        for (int t = 0; t < taps; t++)
        {
            var from = gram.Products.AsSpan((((i * taps) + t) * columns) + (kept * taps), taps);
            var to = gram.Products.AsSpan((((j * taps) + t) * columns) + (kept * taps), taps);
            for (int u = 0; u < to.Length; u++)
            {
                double change = to[u] - from[u];
                triedMoments[(((p * taps) + t) * d) + (r * taps) + u] += change;
                triedMoments[(((r * taps) + u) * d) + (p * taps) + t] += change;
            }
        }
    }

    /// <summary>Positions p and q of one block exchange their channels i and j: what they share is transposed.</summary>
    void Transpose(int p, int q, int i, int j)
    {
        int taps = gram.Taps,
            columns = gram.Channels * taps;
        for (int t = 0; t < taps; t++)
        for (int u = 0; u < taps; u++)
        {
            double change =
                gram.Products[(((j * taps) + t) * columns) + (i * taps) + u] - gram.Products[(((i * taps) + t) * columns) + (j * taps) + u];
            triedMoments[(((p * taps) + t) * d) + (q * taps) + u] += change;
            triedMoments[(((q * taps) + u) * d) + (p * taps) + t] += change;
        }
    }

    /// <summary>The channels' products with themselves and their sums move from one position to the other.</summary>
    void ReplaceOwn(int p, int q, int i, int j)
    {
        int taps = gram.Taps,
            columns = gram.Channels * taps;
        for (int t = 0; t < taps; t++)
        {
            double sum = gram.Sums[(j * taps) + t] - gram.Sums[(i * taps) + t];
            triedSums[(p * taps) + t] += sum;
            triedSums[(q * taps) + t] -= sum;
            for (int u = 0; u < taps; u++)
            {
                double change =
                    gram.Products[(((j * taps) + t) * columns) + (j * taps) + u]
                    - gram.Products[(((i * taps) + t) * columns) + (i * taps) + u];
                triedMoments[(((p * taps) + t) * d) + (p * taps) + u] += change;
                triedMoments[(((q * taps) + t) * d) + (q * taps) + u] -= change;
            }
        }
    }

    double Factorise(double[] second, double[] first) => Factorise(second, first, factor, blockCount, floor);

    /// <summary>The log-determinant of (second − first · firstᵀ / n) / (n − 1), by Cholesky's factorisation.</summary>
    internal static double Factorise(ReadOnlySpan<double> second, ReadOnlySpan<double> first, Span<double> factor, long n, double floor)
    {
        int d = first.Length;
        double scale = 1.0 / Math.Max(1, n - 1),
            share = 1.0 / n,
            logDet = 0;
        for (int row = 0; row < d; row++)
        {
            var own = factor.Slice(row * d, row + 1);
            for (int column = 0; column <= row; column++)
            {
                var other = factor.Slice(column * d, column);
                double value = (second[(row * d) + column] - (first[row] * first[column] * share)) * scale;
                for (int i = 0; i < other.Length; i++)
                    value -= own[i] * other[i];
                own[column] = column < row ? value * factor[(column * d) + column] : value;
            }

            double pivot = own[row] > floor ? own[row] : floor;
            own[row] = 1 / Math.Sqrt(pivot);
            logDet += Math.Log(pivot);
        }

        return logDet;
    }
}
