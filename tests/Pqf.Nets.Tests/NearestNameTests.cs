using Pqf.Nets.Weights;
using Xunit;

namespace Pqf.Nets.Tests;

public class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("fc.weight", "fc.weights", 1)]
    [InlineData("trian", "train", 1)]
    [InlineData("abcd", "badc", 2)]
    [InlineData("ca", "abc", 3)]
    public void Distance_counts_edits(string from, string to, int expected) => Assert.Equal(expected, NearestName.Distance(from, to));

    [Fact]
    public void The_first_of_equally_near_names_is_taken() => Assert.Equal("ab", NearestName.Of("a", ["xyz", "ab", "ac"]));

    [Fact]
    public void Without_candidates_there_is_no_nearest_name() => Assert.Null(NearestName.Of("a", []));
}
