using System.Text;
using Pqf.Cli.Configuration;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

public sealed class ClassNameListTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    public void A_file_of_names_is_read_in_every_encoding_that_it_names(string encoding, bool hasMark)
    {
        var codes = Encoding.GetEncoding(encoding);
        byte[] text = codes.GetBytes("cat\r\n caf\u00E9 \n\n\u732B\rdog");
        string path = folder.Write("names.txt", [.. hasMark ? codes.Preamble : [], .. text]);
        Assert.Equal(["cat", "caf\u00E9", "\u732B", "dog"], ClassNameList.Read(path).Value());
    }

    [Theory]
    [InlineData("cat\ncaf\u00E9\n", 2)]
    [InlineData("\u00E9\u00E8", 1)]
    [InlineData("a\r\nb\r\n\r\nna\u00EFve", 4)]
    public void A_file_of_another_encoding_is_an_error_that_names_the_line(string text, int line)
    {
        string path = folder.Write("names.txt", Encoding.Latin1.GetBytes(text));
        Assert.Equal(
            $"{path}: line {line} is not UTF-8 text, but of another encoding (Windows-1252?); save the file as UTF-8",
            ClassNameList.Read(path).ErrorMessage()
        );
    }

    [Fact]
    public void Equal_names_are_an_error()
    {
        string path = folder.Write("names.txt", "cat\ndog\n cat\n"u8.ToArray());
        Assert.Equal($"{path}: expected a name for each class, got cat for classes 0 and 2", ClassNameList.Read(path).ErrorMessage());
        Assert.Equal(
            "command line: expected a name for each class, got caf\u00E9 for classes 1 and 2",
            ClassNameList.Of("command line", ["cat", "caf\u00E9", "cafe\u0301"]).ErrorMessage()
        );
        // torchvision's lists of COCO's labels and of ImageNet's words have equal names.
        Assert.Equal(3, ClassNameList.Of("command line", ["N/A", "cat", "N/A"]).Value().Length);
        Assert.Equal(1000, ClassNameList.Of("command line", [.. Enumerable.Repeat("crane", 1000)]).Value().Length);
    }

    [Fact]
    public void Text_with_commas_is_a_list_unless_it_is_a_file()
    {
        string path = folder.Write("a,b.txt", "x\ny\n"u8.ToArray());
        Assert.Equal(["cat", "dog", "cow"], Names("cat, dog,cow"));
        Assert.Equal(["x", "y"], Names(path));

        static IEnumerable<string> Names(string text) =>
            ConfigMapping.Overrides(new Config { Model = new ModelConfig { ClassNamesPath = text } }).Value().ClassNames;
    }
}
