using Pqf.Cli.Shell;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

/// <summary>Lines that are cut for narrow terminals.</summary>
public class TextLinesTests
{
    [Theory]
    [InlineData("size     12 bits and no more", 40, "size     12 bits and no more")]
    [InlineData("size     12 bits and no more", 19, "size     12 bits|         and no|         more")]
    [InlineData("permuted 21 groups of channels", 20, "permuted 21 groups|         of channels")]
    [InlineData("quantised 53 layers and more", 22, "quantised 53 layers|          and more")]
    [InlineData("To measure it, replace DIR", 15, "To measure it,|  replace DIR")]
    // The label stays beside a word that is too long, which is not cut.
    [InlineData("wrote    /a/very/long/path (3 bytes)", 20, "wrote    /a/very/long/path|         (3 bytes)")]
    [InlineData("/a/very/long/path/alone", 10, "/a/very/long/path/alone")]
    // Columns of a table keep their spaces.
    [InlineData("conv1    [64, 3]     float", 20, "conv1    [64, 3]|         float")]
    [InlineData("  99.65 %  station wagon", 22, "  99.65 %  station|  wagon")]
    // A first column as wide as half of the terminal is no indent.
    [InlineData("layer1.0.conv1.weight  [64, 64, 3, 3]  float", 30, "layer1.0.conv1.weight  [64,|  64, 3, 3]  float")]
    public void A_long_line_is_cut_between_words_and_goes_on_below_its_text(string line, int width, string expected) =>
        Assert.Equal(expected.Split('|'), TextLines.Hanging(line, width));

    [Fact]
    public void Without_a_terminal_no_line_is_cut() =>
        Assert.Equal([new string('a', 99) + " b"], TextLines.Hanging(new string('a', 99) + " b", null));
}
