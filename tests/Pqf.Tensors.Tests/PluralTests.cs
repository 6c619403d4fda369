using Xunit;

namespace Pqf.Tensors.Tests;

public class PluralTests
{
    [Theory]
    [InlineData(0, "0 images")]
    [InlineData(1, "1 image")]
    [InlineData(2, "2 images")]
    [InlineData(12_345, "12,345 images")]
    public void A_count_has_the_word_for_its_number(long count, string text) => Assert.Equal(text, Plural.Of(count, "image"));

    [Theory]
    [InlineData(0, "0 classes are")]
    [InlineData(1, "1 class is")]
    [InlineData(2, "2 classes are")]
    public void Other_plurals_are_given(long count, string text) => Assert.Equal(text, Plural.Of(count, "class is", "classes are"));
}
