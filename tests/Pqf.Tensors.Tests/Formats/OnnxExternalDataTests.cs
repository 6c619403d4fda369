using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;
using static Pqf.Tensors.Tests.Formats.OnnxBytes;

namespace Pqf.Tensors.Tests.Formats;

/// <summary>Tensors whose values are in files beside the model.</summary>
public sealed class OnnxExternalDataTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static byte[] Outside(string name, long[] dims, params (string Key, string Value)[] entries) =>
        Tensor(
            name,
            1,
            dims,
            [.. entries.SelectMany(entry => Field(13, [.. Field(1, entry.Key), .. Field(2, entry.Value)])), .. Number(14, 1)]
        );

    string Write(string name, params float[] values)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
        return folder.Write(name, [.. values.SelectMany(BitConverter.GetBytes)]);
    }

    string Problem(params (string Key, string Value)[] entries)
    {
        string path = folder.Write("model/a.onnx", Initialisers(Outside("x", [2], entries)));
        string message = TensorFiles.Open(path).ErrorMessage();
        Assert.StartsWith(path + ": x: ", message);
        return message[(path.Length + 5)..];
    }

    [Fact]
    public void Several_tensors_are_in_one_file_and_others_elsewhere()
    {
        Write("model/w.bin", 1, 2, 3, 4, 5);
        Write("model/sub/v.bin", 6, 7);
        string path = folder.Write(
            "model/a.onnx",
            Initialisers(
                Outside("start", [2], ("location", "w.bin"), ("length", "8")),
                Outside("rest", [3], ("location", "w.bin"), ("offset", "8"), ("checksum", "?")),
                Outside("other", [1, 2], ("length", "8"), ("offset", "0"), ("location", "./sub/v.bin")),
                Outside("windows", [1], ("location", @"sub\v.bin"), ("offset", "4")),
                Tensor("inside", 1, [1], Raw(8)),
                Outside("empty", [0], ("location", "w.bin"), ("offset", "20"))
            )
        );
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal("ONNX, weights in 3 files beside it", file.Format);
        Assert.Equal(
            [
                [1, 2],
                [3, 4, 5],
                [6, 7],
                [7],
                [8],
                [],
            ],
            file.Tensors.Select(tensor => tensor.ToSingles())
        );
    }

    [Fact]
    public void A_constant_may_be_there_too()
    {
        Write("model/w.bin", 1, 2);
        byte[] value = Field(5, Outside("", [2], ("location", "w.bin")));
        string path = folder.Write("model/a.onnx", Graph(Node("Constant", "", "w", Attribute("value", 4, value))));
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal("ONNX, weights in w.bin", file.Format);
        Assert.Equal([1f, 2f], file.ByName["w"].ToSingles());
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("sub/../../secret.bin")]
    [InlineData("sub/../w.bin")] // within, but what a link at sub would make of it is not known
    [InlineData(@"..\secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData(@"\\server\secret.bin")]
    [InlineData("..")]
    [InlineData("w.bin\0")]
    public void A_location_outside_the_folder_is_refused(string location)
    {
        Write("secret.bin", 1, 2);
        Write("model/w.bin", 1, 2);
        Assert.EndsWith("; expected a file within the model's folder", Problem(("location", location)));
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("loop/secret.bin")]
    [InlineData("x.bin")] // itself
    public void A_link_that_leads_out_is_refused(string target)
    {
        Write("secret.bin", 1, 2);
        Directory.CreateDirectory(folder.File("model"));
        File.CreateSymbolicLink(folder.File("model/loop"), "..");
        File.CreateSymbolicLink(folder.File("model/x.bin"), target);
        Assert.Equal("its values are in x.bin; expected a file within the model's folder", Problem(("location", "x.bin")));
        Assert.Equal(
            "its values are in loop/secret.bin; expected a file within the model's folder",
            Problem(("location", "loop/secret.bin"))
        );
    }

    [Fact]
    public void A_link_that_stays_within_the_folder_is_followed()
    {
        Write("model/sub/w.bin", 1, 2);
        File.CreateSymbolicLink(folder.File("model/there"), "sub");
        File.CreateSymbolicLink(folder.File("model/x.bin"), folder.File("model/there/w.bin"));
        string path = folder.Write("model/a.onnx", Initialisers(Outside("x", [2], ("location", "x.bin"))));
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal([1f, 2f], file.ByName["x"].ToSingles());
    }

    [Fact]
    public void Missing_short_and_unsound_data_are_named()
    {
        Write("model/w.bin", 1, 2, 3);
        Assert.Equal("its values are in v.bin, which is not in the model's folder", Problem(("location", "v.bin")));
        Assert.Equal("its values are in a/v.bin, which is not in the model's folder", Problem(("location", "a/v.bin")));
        Directory.CreateDirectory(folder.File("model/sub"));
        Assert.Equal("its values are in sub, which cannot be read: is a folder; expected a file", Problem(("location", "sub")));
        Assert.Equal("its values are in another file, whose name (external_data's location) is missing", Problem());
        Assert.Equal("F32 [2] needs 8 bytes from byte 8 of w.bin on, but the file has 12", Problem(("location", "w.bin"), ("offset", "8")));
        Assert.Equal(
            "F32 [2] needs 8 bytes from byte 9223372036854775807 of w.bin on, but the file has 12",
            Problem(("location", "w.bin"), ("offset", "9223372036854775807"))
        );
        Assert.Equal("F32 [2] needs 8 bytes, but its length in w.bin is 12", Problem(("location", "w.bin"), ("length", "12")));
        Assert.Equal("expected a whole number for its offset in w.bin, got -4", Problem(("location", "w.bin"), ("offset", "-4")));
        Assert.Equal("expected a whole number for its length in w.bin, got 1e9", Problem(("location", "w.bin"), ("length", "1e9")));
    }
}
