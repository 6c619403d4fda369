using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary><c>pqf compress --calibration network</c>.</summary>
public sealed class NetworkCalibrationTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Steps_are_done_reported_and_the_same_for_any_number_of_threads()
    {
        var result = JsonCli.Run("compress", ExitCode.Success, Arguments("a", "--calibration", "network", "--calibrate_steps", "3"));
        Assert.Equal(ExitCode.Success, Run("b", "--calibration", "network", "--calibrate_steps", "3", "--threads", "1").Code);

        Assert.Equal(3, result.At("distillation", "steps").GetInt32());
        Assert.Equal(4, result.At("distillation", "heldBack").GetInt32());
        Assert.True(result.At("distillation", "divergence").GetDouble() <= result.At("distillation", "divergenceBefore").GetDouble());
        Assert.Equal(File.ReadAllBytes(folder.File("a/resnet20.pqf")), File.ReadAllBytes(folder.File("b/resnet20.pqf")));
        Assert.Contains(
            "Calibrated on 16 photographs without labels",
            File.ReadAllText(folder.File("a/report.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Without_minutes_the_default_level_does_no_steps()
    {
        var result = JsonCli.Run("compress", ExitCode.Success, Arguments("a"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, result.At("distillation").ValueKind);
    }

    [Fact]
    public void A_line_of_no_steps_says_that_there_was_no_time()
    {
        var none = new DistillationResult(0, 0, 4, new(3, 4), new(3, 4), 0.5, 0.5);
        Assert.Equal(
            "distilled 0 steps, as there was no time for them: on 4 photographs held back the divergence from the dense network's "
                + "answers is 0.500 nats and the first answer is the same for 3",
            none.Line()
        );
        Assert.EndsWith("; no step came closer, so the network before the first one is kept", (none with { Steps = 2 }).Line());
    }

    [Fact]
    public void A_detector_is_calibrated_layer_by_layer_and_a_line_reports_it()
    {
        TestDetectors.Write(folder.File("detector.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), [("a", 4)]);
        string[] settings = [.. TestDetectors.QuickSettings.Where(word => word != "--quiet")];
        string[] arguments = ["compress", folder.File("detector.safetensors"), "--output", folder.File("out"), "--calibration", "network"];
        var result = Cli.Run([.. arguments, "--calibrate", folder.File("images"), .. settings]);

        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains(
            "calibration stops after level layers: level network needs a network that classifies images\n",
            result.Error,
            StringComparison.Ordinal
        );
    }

    string[] Arguments(string output, params string[] more)
    {
        TestNetworks.WriteSmall(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), [("a", 20)]);
        string[] command = ["compress", folder.File("dense.safetensors"), "--output", folder.File(output)];
        return [.. command, "--calibrate", folder.File("images"), .. TestNetworks.QuickSettings, .. more];
    }

    CliResult Run(string output, params string[] more) => Cli.Run(Arguments(output, more));
}
