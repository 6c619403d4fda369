using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

/// <summary>Values of a wrong kind in a file of settings are errors, even if the command line sets the same key or one below it.</summary>
public sealed class WrongKindTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model: [1, 2]", "model: expected a mapping, got the list [1, 2]", "model.arch", "resnet18")]
    [InlineData("model: 3", "model: expected a mapping, got '3'", "model.compression_parameters.k", "16")]
    [InlineData(
        "model: {compression_parameters: 4}",
        "model.compression_parameters: expected a mapping, got '4'",
        "model.compression_parameters.k",
        "16"
    )]
    [InlineData("output_path: [a]", "output_path: expected a text, got the list [a]", "output_path", "out")]
    [InlineData("epochs: x", "epochs: expected a whole number from 0 to 100000, got 'x'", "epochs", "3")]
    [InlineData(
        "model: {compression_parameters: {layer_specs: {fc: 7}}}",
        "model.compression_parameters.layer_specs.fc: expected a mapping, got '7'",
        "model.compression_parameters.layer_specs.fc.k",
        "16"
    )]
    public void A_value_of_a_file_is_checked_although_the_command_line_sets_another(string yaml, string expected, string key, string value)
    {
        string file = Write(yaml);
        var error = Assert.IsType<Result<Config, PqfError>.Error>(
            ConfigLoader.Load(file, [new ConfigOverride(Arguments.PathOf(key), value)])
        );
        Assert.Equal($"{file}: {expected}", error.Value.Message);
    }

    [Theory]
    [InlineData("dataloader: {split_seed: 3}", "dataloader.validation_fraction", "0.2")]
    [InlineData("model: ", "model.arch", "resnet18")]
    [InlineData("epochs: 3", "epochs", "4")]
    public void Values_that_the_command_line_completes_or_replaces_are_no_errors(string yaml, string key, string value) =>
        Assert.IsType<Result<Config, PqfError>.Ok>(ConfigLoader.Load(Write(yaml), [new ConfigOverride(Arguments.PathOf(key), value)]));

    [Theory]
    [InlineData("? \n: 3", "line 1: expected a key, got an empty text")]
    [InlineData("seed: 1\n'': 3", "line 2: expected a key, got an empty text")]
    [InlineData("seed: 1\nmodel:\n  ?", "line 3: expected a key, got an empty text")]
    public void An_empty_key_is_named_by_its_line(string yaml, string expected)
    {
        string file = Write(yaml);
        var error = Assert.IsType<Result<Config, PqfError>.Error>(ConfigLoader.Load(file, []));
        Assert.Equal($"{file}: {expected}", error.Value.Message);
    }

    [Fact]
    public void A_file_of_names_that_is_not_there_is_named_with_its_key()
    {
        TestGraphFiles.WriteOnnx(folder.File("net.onnx"));
        var result = Cli.Run("bench", folder.File("net.onnx"), "--config", Write("model: {class_names: 3}"));
        Assert.Contains(
            "error: configuration: model.class_names: expected a list of names, or a file with a name on each line; there is no file 3\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(ExitCode.Usage, result.Code);
    }

    string Write(string yaml)
    {
        File.WriteAllText(folder.File("y.yaml"), yaml);
        return folder.File("y.yaml");
    }
}
