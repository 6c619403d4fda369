using Xunit;

namespace Pqf.Tensors.Tests;

public class PrintableTests
{
    [Theory]
    [InlineData("layer1.0.conv1", "layer1.0.conv1")]
    [InlineData("日本 naïve 🐈", "日本 naïve 🐈")]
    [InlineData("\u001b[31mred", @"\u001b[31mred")]
    [InlineData("a\nerror: b\r\tc\0", @"a\nerror: b\r\tc\0")]
    [InlineData("\u009b2J\u007f\u2028\u2029", @"\u009b2J\u007f\u2028\u2029")] // eight-bit controls, and ends of lines of Unicode
    [InlineData("\u202egnp.exe\u2066", @"\u202egnp.exe\u2066")] // right to left
    public void Text_cannot_control_a_terminal(string text, string shown)
    {
        Assert.Equal(shown, Printable.Line(text));
        Assert.Equal(shown, Printable.Name(text));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_escaped() => Assert.Equal(@"half \ud83d of", Printable.Line($"half {'\ud83d'} of"));

    [Fact]
    public void A_message_that_quotes_much_keeps_its_ends()
    {
        Assert.Equal("'tru' is no literal", Printable.Message("'tru' is no literal"));
        Assert.Equal(
            $"{new string('a', 300)} … {new string('b', 300)}",
            Printable.Message(new string('a', 5000) + new string('x', 5_000_000) + new string('b', 300))
        );
    }

    [Fact]
    public void Long_text_is_cut_and_says_how_long_it_is()
    {
        Assert.Equal(new string('x', 200) + "… (5000000 characters)", Printable.Name(new string('x', 5_000_000)));
        Assert.Equal(new string('x', 4000) + "… (5000000 characters)", Printable.Line(new string('x', 5_000_000)));
        Assert.Equal(new string('x', 4000), Printable.Line(new string('x', 4000)));
    }

    [Fact]
    public void Errors_are_a_line_each_whatever_names_hold()
    {
        PqfError[] errors =
        [
            new PqfError.File("a\nb", "c\nd"),
            new PqfError.Tensor("a\n", "b\n", "c\n"),
            new PqfError.Config("a\n", "b\n", "c\n"),
            new PqfError.Layer("a\n", "b\n"),
            new PqfError.Device("a\n", "b\n"),
        ];
        Assert.All(errors, error => Assert.Single(error.Lines));
        Assert.All(errors, error => Assert.DoesNotContain('\n', error.Message));
        Assert.Equal(5, new PqfError.Several([.. errors]).Lines.Count());
    }

    [Fact]
    public void Findings_have_a_line_each()
    {
        var error = new PqfError.File("a", "does not fit:") { Findings = ["missing: x\ny", "unused: z"] };
        Assert.Equal(["a: does not fit:", @"missing: x\ny", "unused: z"], error.Lines);
    }
}
