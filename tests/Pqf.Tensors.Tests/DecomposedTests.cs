using Xunit;

namespace Pqf.Tensors.Tests;

public class DecomposedTests
{
    // Expected: Python 3.11, unicodedata.normalize("NFD", text).
    [Theory]
    [InlineData("", "")]
    [InlineData("cat_1.jpg", "cat_1.jpg")]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("\u00C4\u00D6\u00DC\u00DF", "A\u0308O\u0308U\u0308\u00DF")]
    [InlineData("\u1EADp", "a\u0323\u0302p")] // Vietnamese, two accents
    [InlineData("\u0439\u0451", "\u0438\u0306\u0435\u0308")] // Cyrillic
    [InlineData("\u304C\u30D1", "\u304B\u3099\u30CF\u309A")] // kana
    [InlineData("\uAC00\uD55C", "\u1100\u1161\u1112\u1161\u11AB")] // Korean
    [InlineData("\u732B\U0001F600", "\u732B\U0001F600")] // Chinese and a picture
    [InlineData("\uD800", "\uD800")] // half a character
    public void Letters_with_accents_become_letter_and_accent(string text, string expected)
    {
        Assert.Equal(expected, Decomposed.Of(text));
        Assert.Equal(expected, Decomposed.Of(expected));
    }
}
