using Xunit;

namespace Pqf.Tensors.Tests;

public class PairTests
{
    [Fact]
    public void A_number_is_a_square_pair()
    {
        Pair pair = 3;
        Assert.Equal(new Pair(3, 3), pair);
    }

    [Fact]
    public void A_pair_prints_its_sides_only_if_they_differ()
    {
        Assert.Equal("3", new Pair(3, 3).ToString());
        Assert.Equal("3×1", new Pair(3, 1).ToString());
    }
}
