using Pqf.Compression.Permutation;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests;

public class PermutationSearchTests
{
    static readonly PermutationStrategy[] Published = [PermutationStrategy.Greedy, PermutationStrategy.Stochastic];

    [Fact]
    public void Greedy_order_deals_channels_of_falling_variance_over_the_positions()
    {
        // Two rows ±a: the variance of channel i grows with a. By falling a: 3 1 5 4 | 0 2, dealt to two positions of three blocks.
        using var host = new HostDevice();
        var gram = ChannelGram.Of(host, [2, 5, 1, 6, 3, 4, -2, -5, -1, -6, -3, -4], 2, 6, 1);
        Assert.Equal([3, 4, 1, 0, 5, 2], new WholeChannelBlocks(gram, 2).GreedyOrder());
    }

    [Theory]
    [InlineData(PermutationStrategy.Stochastic)]
    [InlineData(PermutationStrategy.Descent)]
    public void A_search_never_ends_above_its_start_and_its_objective_is_that_of_its_order(PermutationStrategy strategy)
    {
        using var host = new HostDevice();
        var gram = Mixed(host, 24, 32);
        var result = Search(gram, RngKey.FromSeed(5), [PermutationStrategy.Greedy, strategy]);
        Assert.True(result.After < result.Before);
        Assert.True(result.After <= result.Greedy);
        Assert.Equal(new BlockCovariance(gram, 4, result.Order.AsSpan()).LogDet, result.After, 1e-9);
        Assert.Equal(Enumerable.Range(0, 32), result.Order.Order());
    }

    [Fact]
    public void A_descent_ends_where_no_exchange_improves()
    {
        using var host = new HostDevice();
        var gram = Mixed(host, 24, 32);
        var end = new BlockCovariance(gram, 4, Search(gram, RngKey.FromSeed(6), [PermutationStrategy.Descent]).Order.AsSpan());
        for (int x = 0; x < 32; x++)
        for (int y = 0; y < 32; y++)
            Assert.True(end.Try(x, y) >= end.LogDet - 1e-9);
    }

    [Fact]
    public void A_result_worse_than_the_start_is_dropped()
    {
        using var host = new HostDevice();
        var best = Search(Mixed(host, 24, 32), RngKey.FromSeed(7), [PermutationStrategy.Descent]);
        var gram = Mixed(host, 24, 32, best.Order.AsSpan());
        var result = Search(gram, RngKey.FromSeed(8), [PermutationStrategy.Greedy]);
        Assert.True(result.Greedy > result.Before);
        Assert.Equal(result.Before, result.After);
        Assert.Equal(Enumerable.Range(0, 32), result.Order);
    }

    [Fact]
    public void A_random_order_is_kept_even_if_it_is_worse()
    {
        using var host = new HostDevice();
        var result = Search(Mixed(host, 24, 32), RngKey.FromSeed(9), [PermutationStrategy.Random]);
        Assert.NotEqual(Enumerable.Range(0, 32), result.Order);
        Assert.Equal(Enumerable.Range(0, 32), result.Order.Order());
    }

    [Fact]
    public void One_key_gives_one_result_and_another_key_another()
    {
        using var one = new HostDevice(1);
        using var three = new HostDevice(3);
        var result = Search(Mixed(one, 24, 32), RngKey.FromSeed(10), Published);
        Assert.Equal(result.Order, Search(Mixed(three, 24, 32), RngKey.FromSeed(10), Published).Order);
        Assert.NotEqual(result.Order, Search(Mixed(one, 24, 32), RngKey.FromSeed(11), Published).Order);
    }

    static SearchResult Search(ChannelGram gram, RngKey key, PermutationStrategy[] strategies)
    {
        var search = new PermutationSearch(new WholeChannelBlocks(gram, 4), key);
        foreach (var _ in search.Run([.. strategies], 2000)) { }

        return search.Result;
    }

    /// <summary>Channels of unequal size that share a common factor, optionally in another order.</summary>
    static ChannelGram Mixed(HostDevice host, int rows, int channels, ReadOnlySpan<int> order = default)
    {
        var key = RngKey.FromSeed(4);
        double[] weight = new double[rows * channels];
        for (int row = 0; row < rows; row++)
        for (int place = 0; place < channels; place++)
        {
            int channel = order.IsEmpty ? place : order[place];
            weight[(row * channels) + place] =
                (1 + (channel % 7)) * (key.Normal((ulong)((row * channels) + channel)) + key.Fold("row").Normal((ulong)row));
        }

        return ChannelGram.Of(host, weight, rows, channels, 1);
    }
}
