using Pqf.Cli.Configuration;
using Pqf.Compression;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

public class ArgumentsTests
{
    [Fact]
    public void Keys_are_split_off_and_the_rest_keeps_its_order()
    {
        var split = Split(
            "compress",
            "--config",
            "c.yaml",
            "--epochs",
            "3",
            "--model.arch=resnet18",
            "file",
            "--lr_scheduler.last_epoch",
            "-1"
        );
        Assert.Equal(["compress", "--config", "c.yaml", "file"], split.Rest);
        Assert.Equal(
            ["epochs = 3", "model/arch = resnet18", "lr_scheduler/last_epoch = -1"],
            split.Overrides.Select(one => $"{string.Join('/', one.Path)} = {one.Text}")
        );
    }

    [Fact]
    public void Nothing_is_split_off_after_two_dashes() => Assert.Equal(["--", "--a.b", "c"], Split("--", "--a.b", "c").Rest);

    [Theory]
    [InlineData("model.compression_parameters.layer_specs.layer4.1.conv2.k", "model|compression_parameters|layer_specs|layer4.1.conv2|k")]
    [InlineData("model.compression_parameters.layer_specs.fc.k", "model|compression_parameters|layer_specs|fc|k")]
    [InlineData(
        "model.permutation_specs.roi_heads.box_head.fc6.optimization",
        "model|permutation_specs|roi_heads.box_head.fc6|optimization"
    )]
    [InlineData("model.compression_parameters.k", "model|compression_parameters|k")]
    public void Under_layer_specs_the_last_component_is_the_key_and_the_rest_the_layer(string key, string expected) =>
        Assert.Equal(expected, string.Join('|', Arguments.PathOf(key)));

    [Theory]
    [InlineData("command line: --epochs: expected a value after it, got none", "--epochs")]
    [InlineData("command line: --epochs: expected a value after it, got none", "--epochs", "--model.arch", "x")]
    [InlineData("command line: --epoch: unknown option; the nearest known one is --epochs", "--epoch", "3")]
    [InlineData("command line: --confg: unknown option; the nearest known one is --config", "--confg", "3")]
    public void A_key_without_value_or_name_is_refused(string expected, params string[] arguments) =>
        Assert.Equal(expected, Arguments.Split(arguments, ["--config"], ConfigLoader.KnownKeys()).Match(_ => "", error => error.Message));

    /// <summary>What another command calls its option is no misspelt key.</summary>
    [Theory]
    [InlineData("--data", "the nearest known one is --calibrate", "--weights", "--calibrate")]
    [InlineData("--data", "pqf COMMAND --help and docs/configuration.md list the known ones", "--top")]
    [InlineData("--weights", "pqf COMMAND --help and docs/configuration.md list the known ones", "--data")]
    [InlineData("--skip-corrupt", "pqf COMMAND --help and docs/configuration.md list the known ones", "--top")]
    [InlineData("--weihgts", "the nearest known one is --weights", "--weights")]
    [InlineData("--momentun", "the nearest known one is --momentum", "--data")]
    public void An_option_of_another_command_is_near_to_no_key(string option, string expected, params string[] own) =>
        Assert.Equal(
            $"command line: {option}: unknown option; {expected}",
            Arguments
                .Split([option, "x"], own, ConfigLoader.KnownKeys(), ["--data", "--weights", "--skip-corrupt", "--calibrate"])
                .Match(_ => "", error => error.Message)
        );

    [Fact]
    public void Overrides_go_over_the_file()
    {
        using var file = new TemporaryFile(
            "epochs: 3\nmodel: {compression_parameters: {k: 128, layer_specs: {fc: {k: 1024, subvector_size: 8}}}}"
        );
        var split = Split(
            "--epochs",
            "4",
            "--model.compression_parameters.layer_specs.fc.k",
            "2048",
            "--model.compression_parameters.layer_specs.layer4.1.conv2.k",
            "512",
            "--model.compression_parameters.ignored_modules",
            "[conv1, fc]",
            "--lr_scheduler.milestones",
            "1,2",
            "--dataloader.imagenet_path",
            "/a: b #c"
        );
        var config = Loaded(ConfigLoader.Load(file.Path, split.Overrides));
        Assert.Equal((4, 128, "/a: b #c"), (config.Epochs, config.Model.Compression.K, config.Dataloader.ImagenetPath));
        Assert.Equal(new LayerSpec { K = 2048, SubvectorSize = 8 }, config.Model.Compression.LayerSpecs["fc"]);
        Assert.Equal(new LayerSpec { K = 512 }, config.Model.Compression.LayerSpecs["layer4.1.conv2"]);
        Assert.Equal(["conv1", "fc"], config.Model.Compression.IgnoredModules.Order());
        Assert.Equal([1, 2], config.LrScheduler.Milestones);
    }

    [Fact]
    public void Every_key_can_be_set_on_the_command_line()
    {
        // A value of the wrong kind is an error that names the key: the key was reached.
        var wrong = ConfigLoader
            .KnownKeys()
            .Where(key => !key.Contains("<layer>", StringComparison.Ordinal))
            .Select(key => (key, error: LoadWrong(key)));
        Assert.All(wrong, one => Assert.StartsWith($"command line: {one.key}", one.error, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_key_of_the_command_line_names_the_nearest() =>
        Assert.Equal(
            "command line: model.compression_parameters.layer_specs.fc.kk: unknown key; the nearest known one is "
                + "model.compression_parameters.layer_specs.<layer>.k",
            ConfigLoader
                .Load(null, Split("--model.compression_parameters.layer_specs.fc.kk", "3").Overrides)
                .Match(_ => "", error => error.Message)
        );

    static string LoadWrong(string key) =>
        ConfigLoader
            .Load(null, [new ConfigOverride(Arguments.PathOf(key), "{no_such_key: 1}")])
            .Match(_ => "loaded", error => error.Message);

    static Arguments Split(params string[] arguments) =>
        Arguments
            .Split(arguments, ["--config"], ConfigLoader.KnownKeys())
            .Match(split => split, error => throw new InvalidOperationException(error.Message));

    static Config Loaded(Result<Config, PqfError> result) =>
        result.Match(config => config, error => throw new InvalidOperationException(error.Message));
}
