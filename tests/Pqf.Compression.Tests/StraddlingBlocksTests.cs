using Pqf.Compression.Permutation;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests;

public class StraddlingBlocksTests
{
    // Rows, channels, columns of a channel, block length: fc6's 49 and 16, several channels to a block, no straddling at all.
    public static TheoryData<int, int, int, int> Cases =>
        new()
        {
            { 40, 16, 49, 16 },
            { 30, 8, 5, 8 },
            { 50, 24, 3, 8 },
            { 30, 6, 4, 8 },
            { 20, 9, 9, 4 + 5 },
        };

    [Theory, MemberData(nameof(Cases))]
    public void Log_determinant_is_that_of_the_covariance_itself(int rows, int channels, int run, int d)
    {
        float[] weight = Random(rows, channels, run);
        int[] order = RngKey.FromSeed(2).Permutation(channels);
        Assert.Equal(
            Direct(weight, rows, channels, run, d, order),
            new StraddlingBlocks(weight, rows, channels, d).Under(order).LogDet,
            1e-8
        );
    }

    [Theory, MemberData(nameof(Cases))]
    public void An_exchange_gives_what_recomputation_gives(int rows, int channels, int run, int d)
    {
        var weight = new StraddlingBlocks(Random(rows, channels, run), rows, channels, d);
        var objective = weight.Under([.. Enumerable.Range(0, channels)]);
        var key = RngKey.FromSeed(3);
        for (ulong i = 0; i < 60; i++)
        {
            double tried = objective.Try(key.Below(channels, 2 * i), key.Below(channels, (2 * i) + 1));
            if (i % 3 == 0)
                continue; // tried and left
            objective.Accept();
            Assert.Equal(tried, objective.LogDet);
            Assert.Equal(weight.Under(objective.Order).LogDet, tried, 1e-8);
        }
    }

    [Fact]
    public void Blocks_of_whole_channels_have_the_objective_of_the_other_form()
    {
        float[] weight = Random(30, 12, 4);
        using var host = new HostDevice();
        var whole = new WholeChannelBlocks(ChannelGram.Of(host, [.. weight.Select(value => (double)value)], 30, 12, 4), 2);
        int[] order = RngKey.FromSeed(4).Permutation(12);
        Assert.Equal(whole.Under(order).LogDet, new StraddlingBlocks(weight, 30, 12, 8).Under(order).LogDet, 1e-9);
    }

    [Fact]
    public void A_search_ends_below_its_start()
    {
        var search = new PermutationSearch(new StraddlingBlocks(Random(40, 16, 49), 40, 16, 16), RngKey.FromSeed(5));
        Assert.Empty(search.Run([PermutationStrategy.Stochastic], 300));
        Assert.True(search.Result.After < search.Result.Before);
        Assert.Throws<InvalidOperationException>(() => search.Run([PermutationStrategy.Greedy], 1).ToArray());
    }

    /// <summary>Channels of unequal size with a mean.</summary>
    static float[] Random(int rows, int channels, int run) =>
        [
            .. Enumerable
                .Range(0, rows * channels * run)
                .Select(i => (float)(0.5 + ((1 + (i / run % channels % 5)) * RngKey.FromSeed(1).Normal((ulong)i)))),
        ];

    /// <summary>Blocks written out, their covariance by its definition, its determinant by elimination.</summary>
    static double Direct(float[] weight, int rows, int channels, int run, int d, int[] order)
    {
        double[][] blocks =
        [
            .. Enumerable
                .Range(0, rows)
                .SelectMany(row =>
                    order.SelectMany(channel =>
                        Enumerable.Range(0, run).Select(i => (double)weight[(((row * channels) + channel) * run) + i])
                    )
                )
                .Chunk(d),
        ];
        double[] mean = [.. Enumerable.Range(0, d).Select(q => blocks.Average(block => block[q]))];
        double[,] a = new double[d, d];
        foreach (double[] block in blocks)
            for (int p = 0; p < d; p++)
            for (int q = 0; q < d; q++)
                a[p, q] += (block[p] - mean[p]) * (block[q] - mean[q]) / (blocks.Length - 1);
        double logDet = 0;
        for (int p = 0; p < d; p++)
        {
            logDet += Math.Log(a[p, p]);
            for (int row = p + 1; row < d; row++)
            for (int column = d - 1; column >= p; column--)
                a[row, column] -= a[row, p] / a[p, p] * a[p, column];
        }

        return logDet;
    }
}
