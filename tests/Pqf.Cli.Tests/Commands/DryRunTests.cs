using System.Globalization;
using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class DryRunTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Planned_sizes_are_those_of_the_compression_and_nothing_is_written(bool isGraph)
    {
        string network = Network(isGraph);
        string[] settings = isGraph ? Settings : [.. Settings, "--model.compression_parameters.ignored_modules", "layer4.0"];
        var plan = JsonCli.Run(
            "compress-dry-run",
            ExitCode.Success,
            ["compress", network, "--dry-run", "--output", folder.File("none"), .. settings]
        );
        Assert.False(Directory.Exists(folder.File("none")));
        var compressed = JsonCli.Run("compress", ExitCode.Success, ["compress", network, "--output", folder.File("out"), .. settings]);
        Assert.Equal(compressed.At("network", "sizeBits").GetInt64(), plan.At("sizeBits").GetInt64());
        Assert.Equal(compressed.At("network", "denseBits").GetInt64(), plan.At("denseBits").GetInt64());
        Assert.Equal(
            compressed.At("layers").EnumerateArray().Select(Codes),
            plan.At("layers").EnumerateArray().Where(layer => layer.At("kind").GetString() == "codes").Select(Codes)
        );
        Assert.Equal(
            plan.At("sizeBits").GetInt64(),
            plan.At("otherBits").GetInt64() + plan.At("layers").EnumerateArray().Sum(layer => layer.At("bits").GetInt64())
        );
        Assert.Equal(isGraph ? "8bit" : "float", plan.At("layers", isGraph ? 1 : 0, "kind").GetString());
    }

    [Theory]
    [InlineData("target_size chooses block lengths and codebook sizes: those of the settings are not used (k)", "--target-size", "400kB")]
    [InlineData("target_ratio chooses block lengths and codebook sizes: those of the settings are not used (k)", "--target-ratio", "30")]
    [InlineData(
        "target_ratio chooses block lengths and codebook sizes: those of the settings are not used (k, layer_specs)",
        "--target-ratio",
        "20",
        "--model.compression_parameters.layer_specs.layer3.0.conv1.subvector_size",
        "9"
    )]
    [InlineData(
        "target_ratio chooses block lengths and codebook sizes: those of the settings are not used (k)",
        "--target-ratio",
        "20",
        "--model.compression_parameters.layer_specs.layer3.0.conv1.values",
        "8bit"
    )]
    [InlineData(null)]
    public void Settings_of_blocks_that_a_wanted_size_leaves_unused_are_noted(string? expected, params string[] size)
    {
        string network = Network(false);
        var result = Cli.Run(["compress", network, "--dry-run", "--model.compression_parameters.k", "64", .. size]);
        Assert.Equal(expected is not null, result.Error.Contains("are not used", StringComparison.Ordinal));
        Assert.Contains(expected ?? "", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_hold_the_same_numbers()
    {
        string network = Network(false);
        string[] arguments = ["compress", network, "--dry-run", .. Settings];
        var plan = JsonCli.Run("compress-dry-run", ExitCode.Success, arguments);
        var lines = Cli.Run(arguments).Lines;
        var layer = plan.At("layers", 1);
        Assert.Matches(
            string.Create(
                CultureInfo.InvariantCulture,
                $@"^{layer.At("name")}\.?  +\[64, 64, 3, 3\] +codes +{layer.At("d")} +{layer.At("k")} +{layer.At("bits").GetInt64():N0} +"
                    + $"{100 * layer.At("share").GetDouble():0.00} %$"
            ),
            lines[2]
        );
        Assert.StartsWith(
            string.Create(CultureInfo.InvariantCulture, $"size     {plan.At("sizeBits").GetInt64():N0} bits = "),
            lines[^2],
            StringComparison.Ordinal
        );
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"file     .pqf: {plan.At("files", 0, "sizeBytes").GetInt64():N0} bytes"),
            lines[^1]
        );
    }

    [Theory]
    [InlineData("at most 2 MB for each file", 2_000_000, "--target-size", "2MB", "--format", "pqf,onnx")]
    [InlineData("parameters at least 20 times smaller", null, "--target-ratio", "20")]
    public void Where_a_size_is_asked_for_sizes_are_maxima(string limit, int? maximum, params string[] options)
    {
        string[] arguments = ["compress", Network(false), "--dry-run", .. options, .. Settings];
        var plan = JsonCli.Run("compress-dry-run", ExitCode.Success, arguments);
        var layer = plan.At("layers", 1);
        Assert.All(
            [plan.At("sizeBits"), layer.At("k"), layer.At("bits"), layer.At("share")],
            unknown => Assert.Equal(JsonValueKind.Null, unknown.ValueKind)
        );
        long bits = plan.At("maxSizeBits").GetInt64();
        string[] lines = Cli.Run(arguments).Lines;
        if (maximum is { } most)
        {
            long bytes = plan.At("files", 0, "maxSizeBytes").GetInt64();
            Assert.InRange(bytes, 1, most);
            Assert.Equal(JsonValueKind.Null, plan.At("files", 0, "sizeBytes").ValueKind);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"file     .pqf: at most {bytes:N0} bytes"), lines);
        }
        else
        {
            // A ratio limits the parameters, and says nothing of files.
            Assert.Equal(plan.At("denseBits").GetInt64() / 20, bits);
            Assert.Equal(0, plan.At("files").GetArrayLength());
            Assert.DoesNotContain(lines, line => line.StartsWith("file", StringComparison.Ordinal));
        }

        Assert.Contains($"limit    {limit}", lines);
        Assert.Contains(
            lines,
            line => line.StartsWith($"size     at most {bits.ToString("N0", CultureInfo.InvariantCulture)} bits", StringComparison.Ordinal)
        );
        Assert.Contains("run without --dry-run to see that", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_above_what_the_network_can_use_is_planned_exactly()
    {
        string network = Network(false);
        var plan = Cli.Run(["compress", network, "--dry-run", "--target-size", "1GB", .. Settings.Where(word => word != "--quiet")]);
        Assert.Equal(ExitCode.Success, plan.Code);
        Assert.Contains("target_size: 1 GB is more than the .pqf file of this network can use; ", plan.Error, StringComparison.Ordinal);
        Assert.Matches(@"^file     \.pqf: [0-9,]+ bytes$", plan.Lines[^1]);
        Assert.DoesNotContain(plan.Lines, line => line.Contains("at most", StringComparison.Ordinal));
    }

    [Fact]
    public void Wrong_settings_are_the_errors_of_the_compression()
    {
        string[] arguments = ["compress", Network(false), "--model.compression_parameters.layer_specs.layer9.k", "4", .. Settings];
        var planned = Cli.Run([.. arguments, "--dry-run"]);
        Assert.Equal(Cli.Run([.. arguments, "--output", folder.File("out")]).Error, planned.Error);
        Assert.Equal(ExitCode.Failure, planned.Code);
    }

    /// <summary>What a plan prints on the error output is what the compression prints there before its work.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(true, "--format", "pqf,pth")]
    [InlineData(true, "--target-ratio", "5")]
    [InlineData(false, "--target-size", "100kB")]
    [InlineData(true, "--target-size", "1GB")]
    [InlineData(false, "--target-size", "1MB", "--target-ratio", "20")]
    [InlineData(false, "--max-loss", "5", "--target-ratio", "20")]
    [InlineData(false, "--max-loss", "5")]
    [InlineData(false, "--max-loss", "5", "--calibrate", "absent", "--calibration", "none")]
    [InlineData(false, "--max-loss", "500")]
    [InlineData(false, "--calibrate", "absent")]
    [InlineData(false, "--model.column_weights", "absent")]
    [InlineData(false, "--preprocessing.crop", "1000")]
    [InlineData(false, "--model.class_names", "a,b")]
    public void A_plan_has_the_notes_and_errors_of_the_compression(bool isGraph, params string[] options)
    {
        string[] arguments =
        [
            "compress",
            Network(isGraph),
            .. Settings.Where(word => word != "--quiet"),
            .. options.Select(word => word == "absent" ? folder.File(word) : word),
        ];
        var planned = Cli.Run([.. arguments, "--dry-run"]);
        var compressed = Cli.Run([.. arguments, "--output", folder.File("out")]);
        Assert.Equal(compressed.Code, planned.Code);
        string[] own = Lines(planned.Error),
            all = Lines(compressed.Error);
        Assert.Subset(all.ToHashSet(), own.ToHashSet());
        // What a file's reader has guessed begins with the file's name.
        string[] expected =
        [
            .. all.Where(line =>
                line.StartsWith(folder.Path, StringComparison.Ordinal)
                || line.StartsWith("error", StringComparison.Ordinal)
                || line.StartsWith("each layer's effect", StringComparison.Ordinal)
                || line.StartsWith("target_", StringComparison.Ordinal)
            ),
        ];
        Assert.Equal(expected, own);
    }

    static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Planned_files_have_the_bytes_of_those_that_are_written(bool isGraph)
    {
        string[] arguments =
        [
            "compress",
            Network(isGraph),
            .. Settings,
            "--format",
            isGraph ? "pqf,onnx,safetensors" : "pqf,onnx,safetensors,pth",
        ];
        var plan = JsonCli.Run("compress-dry-run", ExitCode.Success, [.. arguments, "--dry-run"]);
        var written = JsonCli.Run("compress", ExitCode.Success, [.. arguments, "--output", folder.File("out")]);
        Assert.Equal(
            written.At("files").EnumerateArray().Select(file => $"{Path.GetExtension($"{file.At("path")}")} {file.At("sizeBytes")}"),
            plan.At("files").EnumerateArray().Select(file => $".{file.At("format")} {file.At("sizeBytes")}")
        );
    }

    static readonly string[] Settings = TestNetworks.QuickSettings;

    string Network(bool isGraph)
    {
        if (isGraph)
            return TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        TestNetworks.Write(folder.File("a.safetensors"));
        return folder.File("a.safetensors");
    }

    static string Codes(JsonElement layer) => $"{layer.At("name")} {layer.At("d")} {layer.At("k")} {layer.At("bits")}";
}
