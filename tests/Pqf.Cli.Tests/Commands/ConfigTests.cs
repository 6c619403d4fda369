using System.Text.Json;
using Pqf.Cli.Commands;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class ConfigTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names =>
        [.. AllCommands.Create().Select(entry => entry.Syntax.Name).Except(["config", "completion", "demo"])];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_file_of_a_command_loads_as_the_defaults(string command)
    {
        var result = Cli.Run("config", command);
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        File.WriteAllText(folder.File("a.yaml"), result.Out);
        Assert.Equal(Text(null), Text(folder.File("a.yaml")));
        Assert.All(result.Lines.Skip(1), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void The_file_of_training_has_every_key_and_values_where_there_are_defaults()
    {
        var result = Cli.Run("config", "train");
        Assert.All(
            ConfigLoader.KeysOfValues().Where(key => !key.Contains('<', StringComparison.Ordinal)),
            key => Assert.Contains($"{key[(key.LastIndexOf('.') + 1)..]}:", result.Out, StringComparison.Ordinal)
        );
        Assert.Contains("\nepochs: 9\n", result.Out, StringComparison.Ordinal);
        Assert.Contains(
            "\n  batch_size:",
            Cli.Run("config", "train").Out.Replace("# ", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("epochs:", Cli.Run("config", "classify").Out, StringComparison.Ordinal);
        Assert.Equal(result.Out, JsonCli.Run("config", ExitCode.Success, "config", "train").At("yaml").GetString());
    }

    [Fact]
    public void The_file_of_the_demo_is_its_own()
    {
        File.WriteAllText(folder.File("a.yaml"), Cli.Run("config", "demo").Out);
        Assert.Equal(Text(Path.Combine(SharedData.Repository, "config", "demo.yaml")), Text(folder.File("a.yaml")));
    }

    [Fact]
    public void Presets_are_the_files_of_config()
    {
        var presets = JsonCli.Run("config-list", ExitCode.Success, "config", "--list").At("presets").EnumerateArray().ToArray();
        Assert.Equal(
            Directory
                .GetFiles(Path.Combine(SharedData.Repository, "config"))
                .Select(path => Path.GetFileNameWithoutExtension(path))
                .Where(name => name != "demo")
                .Order(StringComparer.Ordinal),
            presets.Select(File).Order(StringComparer.Ordinal)
        );
        Assert.Equal(presets.Select(preset => $"{File(preset)}.yaml"), presets.Select(preset => preset.At("file").GetString()));
        Assert.All(Cli.Run("config", "--list").Lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.All(
            presets,
            preset =>
            {
                string command = preset.At("command").GetString()!;
                var printed = Cli.Run("config", command, "--preset", preset.At("name").GetString()!);
                Assert.Equal(
                    System.IO.File.ReadAllText(Path.Combine(SharedData.Repository, "config", $"{File(preset)}.yaml")).TrimEnd(),
                    printed.Out.TrimEnd()
                );
            }
        );

        static string File(JsonElement preset) => $"{preset.At("command")}_{preset.At("name").GetString()!.Replace('-', '_')}";
    }

    [Fact]
    public void A_preset_is_loaded_in_the_place_of_a_file()
    {
        TestNetworks.Write(folder.File("a.safetensors"), null, 1000);
        string[] arguments = ["compress", folder.File("a.safetensors"), "--dry-run"];
        string file = Path.Combine(SharedData.Repository, "config", "compress_resnet18_large.yaml");
        var plan = Cli.Run([.. arguments, "--preset", "resnet18-large"]);
        Assert.Equal((ExitCode.Success, ""), (plan.Code, plan.Error));
        Assert.Equal(Cli.Run([.. arguments, "--config", file]).Out, plan.Out);
        Assert.NotEqual(Cli.Run(arguments).Out, plan.Out);
        Assert.Equal(
            "error: command line: --preset: expected --config or --preset, got both",
            Cli.Run([.. arguments, "--preset", "resnet18-large", "--config", file]).ErrorLine
        );
        Assert.Equal(
            "error: command line: --preset: expected one of maskrcnn, resnet18, resnet18-large, resnet50, resnet50-large, got vgg",
            Cli.Run([.. arguments, "--preset", "vgg"]).ErrorLine
        );
    }

    [Fact]
    public void Words_that_are_no_command_are_usage_errors()
    {
        Assert.Equal(
            "error: command line: comprss: unknown command; the nearest known one is compress",
            Cli.Run("config", "comprss").ErrorLine
        );
        Assert.Equal(
            "error: command line: command: expected the command whose settings to print, as in pqf config compress, or --list for the "
                + "presets; got none",
            Cli.Run("config").ErrorLine
        );
    }

    /// <summary>All values of a configuration.</summary>
    static string Text(string? file) => JsonSerializer.Serialize(ConfigLoader.Load(file, []).Value());
}
