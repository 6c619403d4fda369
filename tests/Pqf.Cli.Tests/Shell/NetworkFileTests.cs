using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public class NetworkFileTests
{
    // What each command takes beside the network. A detector's training needs annotations before it opens the network.
    public static TheoryData<string, string> Commands() =>
        new()
        {
            { "compress", "" },
            { "compress", "--dry-run" },
            { "evaluate", "--data ." },
            { "evaluate-resnet", "--data ." },
            { "evaluate-maskrcnn", "--data ." },
            { "inspect", "" },
            { "bench", "" },
            { "run", "photograph.jpg" },
            { "run", "a.jpg b.jpg" },
            { "convert", "out.pqf" },
        };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_network_is_the_first_argument_or_the_value_of_weights(string command, string others)
    {
        string[] rest = others.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var word = Cli.Run([command, "/nowhere.pqf", .. rest]);
        Assert.Equal((ExitCode.Failure, "error: /nowhere.pqf: not found"), (word.Code, word.ErrorLine));
        Assert.Equal(word, Cli.Run([command, "--weights", "/nowhere.pqf", .. rest]));
        Assert.Equal(word, Cli.Run([command, .. rest, "--weights", "/nowhere.pqf"]));
    }

    [Theory]
    [InlineData("classify")]
    [InlineData("detect")]
    public void With_weights_every_word_is_a_photograph(string command)
    {
        using var folder = new TemporaryFolder();
        string[] empty = [Directory.CreateDirectory(folder.File("a")).FullName, Directory.CreateDirectory(folder.File("b")).FullName];
        var word = Cli.Run([command, "net.pqf", .. empty]);
        Assert.All(empty, path => Assert.Contains($"error: {path}: holds no images", word.Error, StringComparison.Ordinal));
        Assert.Equal(word, Cli.Run([command, "--weights", "net.pqf", .. empty]));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("train-resnet")]
    [InlineData("train-maskrcnn")]
    public void A_training_begins_with_either(string command)
    {
        using var folder = new TemporaryFolder();
        string[] rest = ["--data", folder.Path, "--output", folder.File("out")];
        var word = Cli.Run([command, "/nowhere.pqf", .. rest]);
        Assert.NotEqual(ExitCode.Success, word.Code);
        Assert.Equal(word, Cli.Run([command, "--weights", "/nowhere.pqf", .. rest]));
    }

    [Theory]
    [InlineData("compress", "a")]
    [InlineData("evaluate", "a")]
    [InlineData("train", "a")]
    [InlineData("bench", "a")]
    [InlineData("convert", "a b")]
    public void Two_networks_are_refused(string command, string words)
    {
        var result = Cli.Run([command, "--weights", "net.pqf", .. words.Split(' ')]);
        Assert.Equal(
            (ExitCode.Usage, "error: command line: --weights: expected one file, here or as the argument, got both"),
            (result.Code, result.Error.Split('\n')[0])
        );
    }

    [Theory]
    [InlineData("image: expected a value, got none", "classify", "--weights", "a")]
    [InlineData("image: expected a value, got none", "detect", "a")]
    [InlineData("input: expected a value, got none", "run", "a")]
    [InlineData("file: expected a value, got none", "classify")]
    [InlineData("out: expected a value, got none", "convert", "--weights", "a")]
    [InlineData("in: expected a value, got none", "convert")]
    public void Missing_words_are_named(string problem, params string[] arguments)
    {
        var result = Cli.Run(arguments);
        Assert.Equal((ExitCode.Usage, $"error: command line: {problem}"), (result.Code, result.Error.Split('\n')[0]));
    }

    [Fact]
    public void Every_command_but_those_of_no_or_two_networks_takes_both() =>
        Assert.Equal(
            ["demo", "compare", "devices", "config", "completion"],
            AllCommands
                .Create()
                .Where(entry => entry.Syntax.Options.All(option => option.Name != "--weights") || entry.Syntax.Arguments.Count == 0)
                .Select(entry => entry.Syntax.Name)
        );
}
