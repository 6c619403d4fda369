using Pqf.Compression.Collectives;
using Pqf.Compression.Training;
using Xunit;

namespace Pqf.Compression.Tests.Collectives;

public sealed class SumTreeTests
{
    [Theory]
    [InlineData(1, "0")]
    [InlineData(2, "(0 1)")]
    [InlineData(3, "((0 1) 2)")]
    [InlineData(5, "(((0 1) (2 3)) 4)")]
    [InlineData(7, "(((0 1) (2 3)) ((4 5) 6))")]
    public void Leaves_are_summed_in_pairs_and_a_node_without_a_sibling_climbs(int leafCount, string expected) =>
        Assert.Equal(expected, Sum(leafCount, 1));

    [Fact]
    public void Any_split_over_ranks_gives_the_order_of_one_rank()
    {
        for (int leafCount = 1; leafCount <= 33; leafCount++)
        for (int rankCount = 1; rankCount <= 9; rankCount++)
            Assert.Equal(Sum(leafCount, 1), Sum(leafCount, rankCount));
    }

    [Theory]
    [InlineData(8, 0, 4, 1)]
    [InlineData(8, 1, 6, 4)] // 1, 2–3, 4–5, 6
    [InlineData(5, 4, 1, 1)]
    [InlineData(8, 3, 0, 0)]
    public void A_part_is_as_few_nodes_as_the_order_allows(int leafCount, int first, int count, int expected) =>
        Assert.Equal(expected, SumTree.NodesOf(leafCount, first, count).Length);

    [Theory]
    [InlineData(20, 8, 2, 3)]
    [InlineData(21, 8, 4, 4)]
    [InlineData(16, 8, 8, 1)]
    public void Ranks_share_each_image_of_an_epoch_and_each_step(int images, int batch, int micro, int rankCount)
    {
        StepCut[] cuts = [.. Enumerable.Range(0, rankCount).Select(rank => new StepCut(images, batch, micro, rank, rankCount))];
        Assert.Equal(Enumerable.Range(0, images), cuts.SelectMany(cut => cut.Images(0)).Order());
        Assert.Equal(Enumerable.Range(batch, images - batch), cuts.SelectMany(cut => cut.Images(1)).Order());
        Assert.Equal(
            Enumerable.Range(0, cuts[0].MicroCount(1)),
            cuts.SelectMany(cut => Enumerable.Range(cut.PartOf(1, cut.Rank).First, cut.PartOf(1, cut.Rank).Count))
        );
    }

    /// <summary>Leaves as text, summed by ranks first and then over them.</summary>
    static string Sum(int leafCount, int rankCount)
    {
        static string Pair(string left, string right) => $"({left} {right})";
        var whole = new SumTree<string>(leafCount, Pair);
        for (int rank = 0; rank < rankCount; rank++)
        {
            var own = new SumTree<string>(leafCount, Pair);
            var (first, count) = StepCut.Share(leafCount, rank, rankCount);
            foreach (int leaf in Enumerable.Range(first, count))
                own.Add(new(0, leaf), $"{leaf}");
            foreach (var (place, value) in own.Nodes)
                whole.Add(place, value);
        }

        return whole.Nodes.Single().Value;
    }
}
