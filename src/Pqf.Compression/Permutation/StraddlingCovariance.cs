namespace Pqf.Compression.Permutation;

/// <summary>The objective of a weight whose blocks straddle channels.</summary>
/// <remarks>An exchange changes what two channels give alone, and what they share with the channels beside them: O(d²) products of columns.
/// The covariance is divided by n − 1, as in <see cref="BlockCovariance"/>.</remarks>
sealed class StraddlingCovariance : IBlockObjective
{
    readonly StraddlingBlocks weight;
    readonly int d;
    readonly long blockCount;
    readonly int[] order,
        tried;
    readonly double[] moments,
        triedMoments,
        sums,
        triedSums,
        factor,
        products;
    double triedLogDet;

    /// <param name="weight">The weight.</param>
    /// <param name="order">Channel at each place. Copied.</param>
    public StraddlingCovariance(StraddlingBlocks weight, ReadOnlySpan<int> order)
    {
        this.weight = weight;
        d = weight.D;
        (this.order, tried) = (order.ToArray(), order.ToArray());
        blockCount = (long)weight.Rows * weight.Channels * weight.Run / d;
        (moments, triedMoments, factor, products) = (new double[d * d], new double[d * d], new double[d * d], new double[d * d]);
        (sums, triedSums) = (new double[d], new double[d]);
        for (int place = 0; place < order.Length; place++)
        {
            AddOwn(place, 1);
            for (int next = place + 1; MeetsIn(place, next) is { } block; next++)
                AddShared(place, next, block, 1);
        }

        LogDet = Factorise();
        Keep();
    }

    /// <inheritdoc/>
    public double LogDet { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Order => order;

    /// <inheritdoc/>
    public double Try(int x, int y)
    {
        order.CopyTo(tried, 0);
        moments.CopyTo(triedMoments, 0);
        sums.CopyTo(triedSums, 0);
        if (x != y)
        {
            AddAround(x, y, -1);
            (tried[x], tried[y]) = (tried[y], tried[x]);
            AddAround(x, y, 1);
        }

        return triedLogDet = Factorise();
    }

    /// <inheritdoc/>
    public void Accept()
    {
        Keep();
        LogDet = triedLogDet;
    }

    void Keep()
    {
        tried.CopyTo(order, 0);
        triedMoments.CopyTo(moments, 0);
        triedSums.CopyTo(sums, 0);
    }

    double Factorise() => BlockCovariance.Factorise(triedMoments, triedSums, factor, blockCount, weight.Floor);

    /// <summary>Adds or takes off all that the channels at two places have a part in.</summary>
    void AddAround(int x, int y, double sign)
    {
        AddOwn(x, sign);
        AddOwn(y, sign);
        AddNeighbours(x, -1, sign);
        AddNeighbours(y, x, sign);
    }

    /// <summary>What a place shares with those before and after it; not with one that is done already.</summary>
    void AddNeighbours(int place, int done, double sign)
    {
        for (int next = place + 1; MeetsIn(place, next) is { } block; next++)
            if (next != done)
                AddShared(place, next, block, sign);
        for (int before = place - 1; MeetsIn(before, place) is { } block; before--)
            if (before != done)
                AddShared(before, place, block, sign);
    }

    /// <summary>The block that holds the end of one place and the begin of a later one; none if they have no block in common.</summary>
    int? MeetsIn(int place, int later)
    {
        if (place < 0 || later >= order.Length)
            return null;
        int block = later * weight.Run / d;
        return block * d < (place + 1) * weight.Run ? block : null;
    }

    void AddOwn(int place, double sign)
    {
        ReadOnlySpan<double> own = weight.OwnMoments(tried[place], place),
            ownSums = weight.OwnSums(tried[place], place);
        for (int i = 0; i < own.Length; i++)
            triedMoments[i] += sign * own[i];
        for (int p = 0; p < ownSums.Length; p++)
            triedSums[p] += sign * ownSums[p];
    }

    void AddShared(int place, int later, int block, double sign)
    {
        int start = block * d,
            begin = place * weight.Run,
            laterBegin = later * weight.Run;
        int from = Math.Max(0, start - begin),
            count = weight.Run - from,
            laterCount = Math.Min(weight.Run, start + d - laterBegin);
        weight.Products(tried[place], from, count, tried[later], 0, laterCount, products);
        for (int i = 0; i < count; i++)
        for (int j = 0; j < laterCount; j++)
        {
            int p = begin + from + i - start,
                q = laterBegin + j - start;
            double change = sign * products[(i * laterCount) + j];
            triedMoments[(p * d) + q] += change;
            triedMoments[(q * d) + p] += change;
        }
    }
}
