using System.Text.Json;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary><c>pqf compress --max-loss</c>.</summary>
public sealed class MaxLossTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_smallest_size_that_loses_little_is_written_reported_and_listed()
    {
        TestNetworks.WriteImages(folder.File("images"), [("a", 10)]);
        var result = JsonCli.Run("compress", ExitCode.Success, Arguments("--calibrate", folder.File("images"), "--max-loss", "60"));

        Assert.Equal(60, result.At("search", "maxLoss").GetDouble());
        Assert.Equal(2, result.At("search", "heldBack").GetInt32());
        var tried = result.At("search", "tried").EnumerateArray().ToArray();
        var taken = tried.Where(size => size.At("passes").GetBoolean()).MinBy(size => size.At("sizeBytes").GetInt64());
        Assert.Equal(taken.At("sizeBytes").GetInt64(), result.At("files", 0, "sizeBytes").GetInt64());
        Assert.Equal(taken.At("agreement", "correct").GetInt32(), result.At("search", "agreement", "correct").GetInt32());
        Assert.True(result.At("search", "agreement", "value").GetDouble() >= 0.4);
        string page = File.ReadAllText(folder.File("out/report.md"));
        Assert.Contains("Calibrated on 8 photographs without labels", page, StringComparison.Ordinal);
        Assert.Contains("## Sizes tried", page, StringComparison.Ordinal);
        Assert.Contains(
            $"Its first answer is the dense network's for {result.At("search", "agreement", "correct")} of 2 photographs held back from ",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains("the dense network's for 40.00 % of 2 photographs held back", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--max-loss: expected --calibrate DIR beside it, photographs on which the loss is measured, got none")]
    [InlineData(
        "--max-loss: expected --calibrate DIR beside it, photographs on which the loss is measured, got synthetic",
        "--calibrate",
        "synthetic"
    )]
    [InlineData("--max-loss: expected --max-loss or --target-size, got both", "--target-size", "1MB")]
    [InlineData("--max-loss: expected --max-loss or --target-ratio, got both", "--target-ratio", "20")]
    [InlineData(
        "--max-loss: expected calibration norms, layers or auto, as each size is calibrated before it is measured, got none",
        "--calibrate",
        "x",
        "--calibration",
        "none"
    )]
    [InlineData(
        "--max-loss: expected calibration norms, layers or auto: up to seven sizes are calibrated, and level "
            + "network would train each of them",
        "--calibrate",
        "x",
        "--calibration",
        "network"
    )]
    [InlineData(
        "--max-loss: expected no --calibrate-minutes beside it: up to seven sizes are calibrated",
        "--calibrate",
        "x",
        "--calibrate-minutes",
        "5"
    )]
    [InlineData(
        "--dry-run: the size that --max-loss gives is known only after networks of several sizes were compressed and measured; run "
            + "without --dry-run, or with --target-size",
        "--calibrate",
        "x",
        "--dry-run"
    )]
    public void What_does_not_fit_together_is_refused_before_any_work(string expected, params string[] more)
    {
        var result = Cli.Run(Arguments(["--max-loss", "5", .. more]));
        Assert.Equal((ExitCode.Usage, $"error: command line: {expected}"), (result.Code, result.ErrorLine));
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void A_photograph_that_cannot_be_decoded_is_refused_before_any_work_wherever_it_is_drawn()
    {
        foreach (int number in Enumerable.Range(1, 5))
        {
            TestNetworks.WriteImages(folder.File("images"), [("a", 5)]);
            string broken = folder.File($"images/a/{number}.png");
            File.WriteAllText(broken, "x");
            var result = Cli.Run(Arguments("--calibrate", folder.File("images"), "--max-loss", "60"));
            Assert.Equal(ExitCode.Failure, result.Code);
            Assert.StartsWith($"error: {broken}: ", result.ErrorLine, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder.File("out")));
        }
    }

    /// <summary>One number of photographs in every line: those that can be decoded.</summary>
    [Theory]
    [InlineData("--max-loss", "60")]
    [InlineData("--calibration", "network", "--calibrate_steps", "2")]
    public void Photographs_that_are_left_out_are_counted_nowhere(params string[] search)
    {
        TestNetworks.WriteImages(folder.File("images"), [("a", 21)]);
        foreach (int broken in Enumerable.Range(1, 3))
            File.WriteAllText(folder.File($"images/a/{broken}.png"), "x");
        var result = Cli.Run([
            .. Arguments("--calibrate", folder.File("images"), "--skip-corrupt").Where(word => word != "--quiet"),
            .. search,
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        var held = Regex.Match(result.Error, "(?m)^([0-9]+) of 18 photographs are held back");
        Assert.True(held.Success, result.Error);
        Assert.Contains(
            $"Calibrated on {18 - int.Parse(held.Groups[1].Value)} photographs without labels",
            File.ReadAllText(folder.File("out/report.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Training_and_the_demo_refuse_a_search()
    {
        TestNetworks.WriteImages(folder.File("images"));
        const string Expected =
            "error: command line: max_loss: expected target_size or target_ratio: only pqf compress looks for the smallest size that loses "
            + "little";
        string[] train = ["train", Network(), "--data", folder.File("images"), "--output", folder.File("run"), "--max_loss", "5"];
        Assert.Equal(Expected, Cli.Run([.. train, .. TestNetworks.QuickSettings]).ErrorLine);
        Assert.Equal(Expected, Cli.Run("demo", "--output", folder.File("demo"), "--max_loss", "5").ErrorLine);
    }

    string[] Arguments(params string[] more) =>
        ["compress", Network(), "--output", folder.File("out"), .. TestNetworks.QuickSettings, .. more];

    string Network()
    {
        TestNetworks.WriteSmall(folder.File("dense.safetensors"));
        return folder.File("dense.safetensors");
    }
}
