using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary><c>pqf compress --calibrate synthetic</c>.</summary>
public sealed class SyntheticCalibrationTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pictures_that_are_drawn_calibrate_and_the_report_says_so()
    {
        var first = Run("a", "--calibrate", "synthetic");
        var again = Run("b", "--calibrate", "synthetic", "--threads", "1");
        var other = Run("c", "--calibrate", "synthetic", "--calibration", "norms");
        var plain = Run("d");

        Assert.All([first, again, other, plain], result => Assert.Equal(ExitCode.Success, result.Code));
        byte[] File(string name) => System.IO.File.ReadAllBytes(folder.File($"{name}/resnet20.pqf"));
        Assert.Equal(File("a"), File("b"));
        Assert.NotEqual(File("a"), File("c"));
        Assert.NotEqual(File("a"), File("d"));
        Assert.Contains(
            "Calibrated on 160 synthetic pictures, as there were no photographs.",
            System.IO.File.ReadAllText(folder.File("a/report.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_line_says_that_they_are_no_photographs()
    {
        TestNetworks.WriteSmall(folder.File("dense.safetensors"));
        string[] settings = [.. TestNetworks.QuickSettings.Where(word => word != "--quiet")];
        var result = Cli.Run(["compress", folder.File("dense.safetensors"), "--calibrate", "synthetic", "--dry-run", .. settings]);
        Assert.Contains(
            "calibrating on 160 synthetic pictures of overlapping shapes: better than nothing, but much worse than photographs "
                + "(--calibrate DIR)\n",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_detector_is_refused()
    {
        TestDetectors.Write(folder.File("detector.safetensors"));
        string[] arguments = ["compress", folder.File("detector.safetensors"), "--output", folder.File("out"), "--calibrate", "synthetic"];
        var result = Cli.Run([.. arguments, "--quiet", .. TestDetectors.QuickSettings]);
        Assert.Equal(
            $"error: command line: --calibrate: expected a folder of photographs: {folder.File("detector.safetensors")} is a detector, and "
                + "synthetic pictures have no objects for its heads",
            result.ErrorLine
        );
        Assert.False(Directory.Exists(folder.File("out")));
    }

    CliResult Run(string output, params string[] more)
    {
        TestNetworks.WriteSmall(folder.File("dense.safetensors"));
        return Cli.Run([
            "compress",
            folder.File("dense.safetensors"),
            "--output",
            folder.File(output),
            .. TestNetworks.QuickSettings,
            .. more,
        ]);
    }
}
