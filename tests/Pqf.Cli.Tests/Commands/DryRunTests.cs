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
            lines[^1],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Where_a_size_is_asked_for_what_the_work_chooses_is_not_known()
    {
        string[] arguments = ["compress", Network(false), "--dry-run", "--target-ratio", "20", .. Settings];
        var plan = JsonCli.Run("compress-dry-run", ExitCode.Success, arguments);
        Assert.Equal(plan.At("denseBits").GetInt64() / 20, plan.At("sizeBits").GetInt64());
        Assert.Equal(JsonValueKind.Null, plan.At("layers", 1, "k").ValueKind);
        Assert.Contains("run without --dry-run for them", Cli.Run(arguments).Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_are_the_errors_of_the_compression()
    {
        string[] arguments = ["compress", Network(false), "--model.compression_parameters.layer_specs.layer9.k", "4", .. Settings];
        var planned = Cli.Run([.. arguments, "--dry-run"]);
        Assert.Equal(Cli.Run([.. arguments, "--output", folder.File("out")]).Error, planned.Error);
        Assert.Equal(ExitCode.Failure, planned.Code);
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
