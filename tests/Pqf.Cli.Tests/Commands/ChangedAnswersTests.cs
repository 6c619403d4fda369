using System.Text.Json;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Photographs that changed their answer, in the report of <c>pqf compress</c>.</summary>
public sealed class ChangedAnswersTests : IDisposable
{
    const string Title = "Photographs that changed their answer";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_report_shows_the_photographs_whose_answers_compare_finds_changed()
    {
        var json = JsonCli.Run(
            "compress",
            ExitCode.Success,
            [.. Arguments("--calibrate", folder.File("images"), "--calibration", "norms"), "--quiet"]
        );
        var compared = Compared();
        int count = compared.At("changed").GetArrayLength();
        Assert.Equal(20 - count, json.At("sameAnswers", "agreement", "correct").GetInt32());
        Assert.Equal(20, json.At("sameAnswers", "agreement", "count").GetInt32());
        Assert.False(json.At("sameAnswers", "areHeldBack").GetBoolean());
        Assert.InRange(count, 13, 19);
        // The report shows twelve of them.
        var changed = compared.At("changed").EnumerateArray().Take(12).ToList();

        string text = File.ReadAllText(folder.File("out/report.md"));
        Assert.Contains(
            $"The first answer changed for {count} of 20 photographs that it was calibrated on; it changes more often for other "
                + "photographs. Here are the 12 of which the dense network is surest.",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"Its first answer is the dense network's for {20 - count} of 20 photographs that it was calibrated on.",
            text,
            StringComparison.Ordinal
        );
        string[] rows = [.. text.Split(Title)[1].Split("\n\n")[2].Split('\n').Skip(2)];
        Assert.Equal(changed.Count, rows.Length);
        Assert.All(
            changed.Zip(rows),
            pair =>
            {
                Assert.StartsWith($"| {Text(pair.First, "second")} | ", pair.Second, StringComparison.Ordinal);
                Assert.Contains($"; was {Text(pair.First, "first")}, ", pair.Second, StringComparison.Ordinal);
                Assert.EndsWith(
                    $" ({Path.GetRelativePath(folder.File("images"), Text(pair.First, "image"))}) |",
                    pair.Second,
                    StringComparison.Ordinal
                );
            }
        );
        var pictures = PageRules.Check(File.ReadAllText(folder.File("out/report.html"))).Descendants("img");
        Assert.Equal(12, pictures.Count(image => image.Attribute("src")!.Value.StartsWith("data:image/jpeg", StringComparison.Ordinal)));
    }

    [Fact]
    public void Photographs_that_cannot_be_decoded_are_not_counted()
    {
        TestNetworks.WriteImages(folder.File("images"), [("a", 20)]);
        File.WriteAllText(folder.File("images/a/7.png"), "x");
        string[] lines = Compress("--calibrate", folder.File("images"), "--calibration", "norms", "--dataloader.skip_corrupt", "true");
        Assert.Single(
            lines,
            line =>
                Regex.IsMatch(line, "^same     [0-9]+ of 19 photographs that it was calibrated on keeps? the dense network's first answer$")
        );
        Assert.Contains(" of 19 photographs that it was calibrated on. ", Report(), StringComparison.Ordinal);
    }

    [Fact]
    public void Photographs_held_back_are_those_compared()
    {
        string[] lines = Compress("--calibrate", folder.File("images"), "--calibration", "network", "--calibrate_steps", "1");
        Assert.DoesNotContain(lines, line => line.StartsWith("same ", StringComparison.Ordinal)); // the line distilled counts them
        Assert.Contains("(level network)", File.ReadAllText(folder.File("out/report.html")), StringComparison.Ordinal);
        Assert.Contains(" of 4 photographs held back from calibration. ", Report(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--calibrate", "synthetic", "--calibration", "norms")]
    public void Without_photographs_nothing_is_compared(params string[] arguments)
    {
        Compress(arguments);
        Assert.DoesNotContain("first answer", Report(), StringComparison.Ordinal);
        Assert.DoesNotContain(Title, Report(), StringComparison.Ordinal);
    }

    string Report() => File.ReadAllText(folder.File("out/report.md"));

    string[] Compress(params string[] arguments)
    {
        var result = Cli.Run(Arguments(arguments));
        Assert.True(result.Code == ExitCode.Success, result.Error);
        return [.. result.Lines];
    }

    string[] Arguments(params string[] arguments)
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        if (!Directory.Exists(folder.File("images")))
            TestNetworks.WriteImages(folder.File("images"), [("a", 20)]);
        string[] command = ["compress", folder.File("dense.safetensors"), "--output", folder.File("out")];
        return [.. command, .. TestNetworks.QuickSettings, .. arguments];
    }

    JsonElement Compared() =>
        JsonCli.Run(
            "compare",
            ExitCode.Success,
            "compare",
            folder.File("dense.safetensors"),
            folder.File("out/resnet18.pqf"),
            "--data",
            folder.File("images"),
            "--unlabelled",
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32",
            "--quiet",
            "--device",
            "host"
        );

    static string Text(JsonElement element, string name) => element.At(name).GetString()!;
}
