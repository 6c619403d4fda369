using Xunit;

namespace Pqf.Tensors.Tests;

public class SpellingTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("", "ab", 2)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("k", "K", 1)]
    public void Distance_counts_single_character_changes(string from, string to, int expected) => Assert.Equal(expected, Spelling.Distance(from, to));

    [Fact]
    public void Nearest_takes_the_first_of_equals() => Assert.Equal("epoch", Spelling.Nearest("epocs", ["batch", "epoch", "epock"]));

    [Fact]
    public void Nearest_of_nothing_is_null() => Assert.Null(Spelling.Nearest("a", []));
}
