using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class ClassifyTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(19)]
    public void A_bad_photograph_is_named_and_the_others_have_their_own_results(int bad)
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        string[] photographs = [.. Enumerable.Range(0, 20).Select(i => folder.File($"{i}.png"))];
        for (int i = 0; i < photographs.Length; i++)
            TestNetworks.WriteImage(photographs[i], (ulong)i);
        string[] before = Classify(photographs).Lines;
        File.WriteAllBytes(photographs[bad], [1, 2, 3]);
        var result = Classify(photographs);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal([.. before[..(2 * bad)], .. before[(2 * (bad + 1))..]], result.Lines);
        Assert.Equal(
            [
                $"error: {photographs[bad]}: is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP, TIFF, PPM), or is damaged",
                "error: 1 of 20 photographs could not be decoded",
            ],
            ErrorLines(result)
        );
    }

    [Fact]
    public void Photographs_that_are_all_bad_are_all_named()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        Directory.CreateDirectory(folder.File("empty"));
        folder.Write("cut.jpg", [0xFF, 0xD8, 0xFF]);
        var result = Classify(folder.File("none.jpg"), folder.File("empty"), folder.File("cut.jpg"));
        Assert.Equal((ExitCode.Failure, ""), (result.Code, result.Out));
        string[] lines = ErrorLines(result);
        Assert.StartsWith($"error: {folder.File("empty")}: holds no images", lines[0], StringComparison.Ordinal);
        Assert.Equal($"error: {folder.File("none.jpg")}: not found", lines[1]);
        Assert.StartsWith($"error: {folder.File("cut.jpg")}: is ", lines[2], StringComparison.Ordinal);
        Assert.Equal("error: 3 of 3 photographs could not be decoded", lines[3]);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void The_only_photograph_has_one_line()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        Directory.CreateDirectory(folder.File("empty"));
        Assert.Equal($"error: {folder.File("none.jpg")}: not found", Classify(folder.File("none.jpg")).ErrorLine);
        var result = Classify(folder.File("empty"));
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith($"error: {folder.File("empty")}: holds no images", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_means_its_pictures()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImages(folder.File("images"));
        File.WriteAllText(folder.File("images/a/phone.HEIC"), "no image");
        var result = Classify([folder.File("images")], []);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            new[] { "a/1.png", "a/2.png", "b/1.png", "b/2.png" }.Select(name => folder.File($"images/{name}")),
            result.Lines.Where((_, i) => i % 2 == 0)
        );
        Assert.Contains($"{folder.File("images")}: left out 1 file (.heic)", ErrorLines(result));
    }

    /// <summary>Corrupt photographs may be left out where others remain; a file that is not there, never.</summary>
    [Theory]
    [InlineData(0, "skipped {0}/bad.png: is empty", "good.png", "bad.png")]
    [InlineData(1, "error: 1 of 2 photographs could not be decoded", "good.png", "absent.png")]
    [InlineData(1, "error: 2 of 2 photographs could not be decoded", "bad.png", "bad.png")]
    [InlineData(1, "error: {0}/bad.png: is empty", "bad.png")]
    public void Corrupt_photographs_are_left_out_where_that_is_asked_for(int code, string expected, params string[] photographs)
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImage(folder.File("good.png"), 1);
        File.WriteAllBytes(folder.File("bad.png"), []);
        var result = Classify([.. photographs.Select(folder.File)], ["--skip-corrupt"]);
        Assert.Equal(code, (int)result.Code);
        Assert.Contains(
            ErrorLines(result),
            line => line.StartsWith(expected.Replace("{0}", folder.Path, StringComparison.Ordinal), StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_network_is_no_photograph()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImage(folder.File("good.png"), 1);
        var result = Cli.Run(
            "classify",
            folder.File("net.safetensors"),
            "--weights",
            folder.File("net.safetensors"),
            folder.File("good.png")
        );
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.StartsWith(
            "error: command line: --weights: expected one file, here or as the argument, got both\n",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Case_car_exif6_is_a_beach_wagon_as_car_is()
    {
        var result = Cli.Run(
            "classify",
            SharedData.Path("published/resnet18.pth"),
            SharedData.Path("cases/images/car.jpg"),
            SharedData.Path("cases/images/car_exif6.jpg"),
            "--top",
            "1",
            "--quiet"
        );
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.EndsWith("beach wagon", result.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith("beach wagon", result.Lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_photograph_is_taken_as_it_is_stored_where_that_is_asked_for()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        string[] arguments = ["classify", folder.File("net.safetensors"), SharedData.Path("cases/images/car_exif6.jpg"), "--quiet"];
        var turned = Cli.Run(arguments);
        var stored = Cli.Run([.. arguments, "--preprocessing.exif", "ignore"]);
        Assert.Equal((ExitCode.Success, ExitCode.Success), (turned.Code, stored.Code));
        Assert.NotEqual(turned.Out, stored.Out);
    }

    [Fact]
    public void Case_gray16_12bit_is_noted()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        string path = SharedData.Path("cases/images/gray16_12bit.png");
        var result = Cli.Run("classify", folder.File("net.safetensors"), path, path, "--top", "1");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(4, result.Lines.Length);
        Assert.Contains($"{path}: has samples of 16 bits up to 4095 of 65535: they are taken as 12 bits and stretched", ErrorLines(result));
    }

    static string[] ErrorLines(CliResult result) => result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    CliResult Classify(params string[] photographs) => Classify(photographs, ["--quiet"]);

    CliResult Classify(string[] photographs, string[] more) =>
        Cli.Run([
            "classify",
            folder.File("net.safetensors"),
            .. photographs,
            "--top",
            "1",
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32",
            .. more,
            "--device",
            "host",
        ]);
}
