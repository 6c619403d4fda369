namespace Pqf.Compression.Permutation;

/// <summary>A weight of which every block holds the same number of whole channels.</summary>
/// <param name="Gram">Products of its columns.</param>
/// <param name="ChannelsPerBlock">Channels in one block; divides the number of channels.</param>
sealed record WholeChannelBlocks(ChannelGram Gram, int ChannelsPerBlock) : IBlockedWeight
{
    /// <inheritdoc/>
    public int Channels => Gram.Channels;

    /// <inheritdoc/>
    public IBlockObjective Under(ReadOnlySpan<int> order) => new BlockCovariance(Gram, ChannelsPerBlock, order);

    /// <summary>Channels by falling variance, or falling determinant of their own covariance, cut into equal runs; run r fills position r
    /// of every block.</summary>
    public int[] GreedyOrder()
    {
        int[] falling = [.. Enumerable.Range(0, Channels).OrderByDescending(channel => BlockCovariance.OfChannel(Gram, channel))];
        int blocks = Channels / ChannelsPerBlock;
        int[] order = new int[Channels];
        for (int place = 0; place < order.Length; place++)
            order[place] = falling[(place % ChannelsPerBlock * blocks) + (place / ChannelsPerBlock)];
        return order;
    }
}
