using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Photographs of a calibration are tried before the work, and those are counted that can be decoded.</summary>
public sealed class CalibrationInputTests : IDisposable
{
    static readonly string[] Work = ["permuting", "quantising", "trying sizes", "measuring norms", "calibration has"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false, "{0}/images/bad.png: is empty; expected an image", 3, 1)]
    [InlineData(true, "{0}/images/bad.png: is empty; expected an image", 3, 1)]
    [InlineData(true, "{0}/images/bad.png: is empty; expected an image", 3, 1, "--target-ratio", "2")]
    [InlineData(true, "2 of 2 photographs could not be decoded", 0, 2, "--skip-corrupt")]
    [InlineData(false, "1 of 1 photographs could not be decoded", 0, 1, "--skip-corrupt")]
    public void A_photograph_that_cannot_be_decoded_ends_the_command_before_its_work(
        bool isGraph,
        string error,
        int good,
        int bad,
        params string[] more
    )
    {
        string[] arguments = Arguments(isGraph, good, bad, more);
        foreach (
            string[] mode in (string[][])
                [
                    ["--dry-run"],
                    [],
                ]
        )
        {
            var result = Cli.Run([.. arguments, .. mode]);
            Assert.Equal(ExitCode.Failure, result.Code);
            Assert.EndsWith(
                $"error: {error.Replace("{0}", folder.Path, StringComparison.Ordinal)}\n",
                result.Error,
                StringComparison.Ordinal
            );
            Assert.All(Work, stage => Assert.DoesNotContain(stage, result.Error, StringComparison.Ordinal));
            Assert.False(Directory.Exists(folder.File("out")));
        }
    }

    [Theory]
    [InlineData("--calibration", "none")]
    [InlineData("--calibration=none")]
    [InlineData("--calibration", "none", "--target-size", "1MB")]
    [InlineData("--calibration", "none", "--dry-run")]
    public void Photographs_beside_the_level_none_are_refused_where_both_are_typed(params string[] level)
    {
        var result = Cli.Run(Arguments(false, 2, 0, level));
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal(
            "error: command line: --calibration: expected norms, layers, network or auto beside --calibrate, as the level none uses no "
                + "photographs, got none\n",
            result.Error
        );
    }

    [Fact]
    public void Photographs_beside_the_level_none_of_a_file_are_not_used_and_a_note_and_the_last_line_say_so()
    {
        File.WriteAllText(folder.File("none.yaml"), "calibration: none\n");
        string[] arguments = Arguments(false, 2, 0, "--config", folder.File("none.yaml"));
        var result = Cli.Run(arguments);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Contains(
            $"--calibrate {folder.File("images")} is not used: the settings have calibration none; --calibration layers calibrates on it\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            " Compress it again with --calibration layers to use the photographs, which replaces these files.",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.EndsWith(" --calibration layers\n", result.Error, StringComparison.Ordinal);
        Directory.Delete(folder.File("images"), true);
        Assert.EndsWith($"error: {folder.File("images")}: folder not found\n", Cli.Run(arguments).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 0, "calibration has 3 photographs: ")]
    [InlineData(3, 2, "calibration has 3 photographs: ")]
    [InlineData(1, 4, "calibration has 1 photograph: ")]
    public void Photographs_are_counted_that_can_be_decoded(int good, int bad, string note)
    {
        string[] arguments = Arguments(false, good, bad, "--skip-corrupt");
        foreach (
            string[] mode in (string[][])
                [
                    ["--dry-run"],
                    [],
                ]
        )
        {
            var result = Cli.Run([.. arguments, .. mode]);
            Assert.True(result.Code == ExitCode.Success, result.Error);
            Assert.Single(result.Error.Split('\n'), line => line.StartsWith(note, StringComparison.Ordinal));
            Assert.Equal(bad, result.Error.Split('\n').Count(line => line.StartsWith("skipped ", StringComparison.Ordinal)));
            // Every stage counts those that are used.
            foreach (Match stage in Regex.Matches(result.Error, "^[a-z ]+: ([0-9]+) images? in", RegexOptions.Multiline))
                Assert.Equal($"{good}", stage.Groups[1].Value);
        }

        string report = File.ReadAllText(folder.File("out/report.md"));
        Assert.Contains($"\n- {note}", report, StringComparison.Ordinal);
        Assert.Equal(bad > 0, report.Contains($"\n- Left out {bad} images that cannot be decoded: ", StringComparison.Ordinal));

        Assert.Contains(
            $"Calibrated on {note["calibration has ".Length..^2]} without labels.",
            File.ReadAllText(folder.File("out/report.md")),
            StringComparison.Ordinal
        );
    }

    /// <summary>A last layer of zeros gives one answer to all photographs; one of large weights tells noise from noise.</summary>
    [Theory]
    [InlineData(0, 8, true)]
    [InlineData(0, 8, true, 3)]
    [InlineData(1000, 8, false)]
    [InlineData(0, 7, false)]
    public void A_dense_network_that_gives_one_answer_is_named(float headScale, int count, bool isSaid, int bad = 0)
    {
        TestNetworks.Write(
            folder.File("dense.safetensors"),
            tensor => tensor.Name == "fc.weight" ? StoredTensor.FromSingles(tensor.Name, tensor.Shape, Scaled(tensor, headScale)) : tensor
        );
        Directory.CreateDirectory(folder.File("images"));
        for (int i = 0; i < count; i++)
            TestNetworks.WriteImage(folder.File($"images/{i}.png"), (ulong)i);
        for (int i = 0; i < bad; i++)
            File.WriteAllBytes(folder.File($"images/bad{i}.png"), []);
        var result = Cli.Run([
            "compress",
            folder.File("dense.safetensors"),
            "--skip-corrupt",
            "--output",
            folder.File("out"),
            "--calibrate",
            folder.File("images"),
            .. TestNetworks.QuickSettings.Where(word => word != "--quiet"),
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            isSaid ? 1 : 0,
            result
                .Error.Split('\n')
                .Count(line =>
                    line.StartsWith(
                        $"{folder.File("dense.safetensors")}: the dense network gives nearly the same answer for each of the first {count} "
                            + "photographs: ",
                        StringComparison.Ordinal
                    )
                )
        );
        Assert.Equal(
            isSaid,
            File.ReadAllText(folder.File("out/report.md"))
                .Contains($" gives nearly the same answer for each of the first {count} photographs: ", StringComparison.Ordinal)
        );
    }

    static float[] Scaled(StoredTensor tensor, float scale)
    {
        float[] values = new float[tensor.Shape.Count];
        tensor.ReadBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return Array.ConvertAll(values, value => scale * value);
    }

    string[] Arguments(bool isGraph, int good, int bad, params string[] more)
    {
        string network = folder.File("net.safetensors");
        if (isGraph)
            network = TestGraphFiles.WriteOnnx(folder.File("net.onnx"));
        else
            TestNetworks.WriteSmall(network);
        Directory.CreateDirectory(folder.File("images"));
        for (int i = 0; i < good; i++)
            TestNetworks.WriteImage(folder.File($"images/{i}.png"), (ulong)i);
        for (int i = 0; i < bad; i++)
            File.WriteAllBytes(folder.File(i == 0 ? "images/bad.png" : $"images/bad{i}.png"), []);
        return
        [
            "compress",
            network,
            "--output",
            folder.File("out"),
            "--calibrate",
            folder.File("images"),
            .. TestNetworks.QuickSettings.Where(word => word != "--quiet"),
            .. more,
        ];
    }
}
