using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Compression;
using Pqf.Compression.Permutation;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of the covariance of blocks and of the search for channel orders.</summary>
public class PermutationProperties
{
    sealed record Case(int Rows, int Blocks, int ChannelsPerBlock, int Taps, long Seed)
    {
        public int Channels => Blocks * ChannelsPerBlock;

        public RngKey Key => RngKey.FromSeed(Seed);

        public int[] Order => Key.Fold("order").Permutation(Channels);

        /// <summary>[rows, channels, taps]: unequal channels with a factor in common and a mean.</summary>
        public double[] Values() =>
            [
                .. Enumerable
                    .Range(0, Rows * Channels * Taps)
                    .Select(i =>
                        1
                        + (
                            (1 + (i / Taps % Channels % 5))
                            * (Key.Normal((ulong)i) + (0.5 * Key.Fold("row").Normal((ulong)(i / Taps / Channels))))
                        )
                    ),
            ];

        public ChannelGram Gram(HostDevice host) => ChannelGram.Of(host, Values(), Rows, Channels, Taps);
    }

    // Rows enough for a covariance of full rank.
    static Arbitrary<Case> Cases() =>
        (
            from blocks in Gen.Choose(1, 6)
            from c in Gen.Choose(2, 4)
            from taps in Gen.Elements(1, 2, 9)
            from rows in Gen.Choose(1, 20)
            from seed in Gen.Choose(0, int.MaxValue)
            select new Case(rows + (3 * c * taps), blocks, c, taps, seed)
        ).ToArbitrary();

    [Property(MaxTest = 40)]
    public Property The_objective_from_products_is_that_of_the_covariance_itself() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(2);
                double expected = Direct(c, c.Order);
                Assert.Equal(expected, new BlockCovariance(c.Gram(host), c.ChannelsPerBlock, c.Order).LogDet, 1e-8);
            }
        );

    [Property(MaxTest = 40)]
    public Property An_exchange_gives_what_recomputation_gives() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(2);
                var gram = c.Gram(host);
                var covariance = new BlockCovariance(gram, c.ChannelsPerBlock, c.Order);
                for (ulong i = 0; i < 10; i++)
                {
                    covariance.Try(c.Key.Below(c.Channels, 2 * i), c.Key.Below(c.Channels, (2 * i) + 1));
                    covariance.Accept();
                }

                Assert.Equal(new BlockCovariance(gram, c.ChannelsPerBlock, covariance.Order).LogDet, covariance.LogDet, 1e-8);
            }
        );

    [Property(MaxTest = 20)]
    public Property A_search_gives_the_same_order_on_any_number_of_threads_and_never_a_worse_one() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using HostDevice one = new(1),
                    three = new(3);
                var result = Search(c, one);
                Assert.Equal(result.Order, Search(c, three).Order);
                Assert.True(result.After <= result.Before);
                Assert.Equal(Enumerable.Range(0, c.Channels), result.Order.Order());
            }
        );

    static SearchResult Search(Case c, HostDevice host)
    {
        var search = new PermutationSearch(new WholeChannelBlocks(c.Gram(host), c.ChannelsPerBlock), c.Key.Fold("search"));
        Assert.NotEmpty(
            search.Run([PermutationStrategy.Greedy, PermutationStrategy.Stochastic, PermutationStrategy.Descent], 100).ToArray()
        );
        return search.Result;
    }

    /// <summary>Blocks written out, their covariance by its definition, its determinant by elimination.</summary>
    static double Direct(Case c, int[] order)
    {
        double[] values = c.Values();
        int d = c.ChannelsPerBlock * c.Taps,
            n = c.Rows * c.Blocks;
        double[][] blocks =
        [
            .. Enumerable
                .Range(0, n)
                .Select(b =>
                    Enumerable
                        .Range(0, d)
                        .Select(q =>
                            values[
                                (((b / c.Blocks * c.Channels) + order[(b % c.Blocks * c.ChannelsPerBlock) + (q / c.Taps)]) * c.Taps)
                                    + (q % c.Taps)
                            ]
                        )
                        .ToArray()
                ),
        ];
        double[] mean = [.. Enumerable.Range(0, d).Select(q => blocks.Average(block => block[q]))];
        double[,] a = new double[d, d];
        foreach (double[] block in blocks)
            for (int p = 0; p < d; p++)
            for (int q = 0; q < d; q++)
                a[p, q] += (block[p] - mean[p]) * (block[q] - mean[q]) / (n - 1);
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
