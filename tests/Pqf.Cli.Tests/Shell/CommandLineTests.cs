using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Compression.Allocation;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public class CommandLineTests
{
    [Fact]
    public void Help_lists_commands_global_options_and_exit_codes()
    {
        var result = Cli.Run("--help");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.All(AllCommands.Create(), entry => Assert.Contains($"  {entry.Syntax.Name} ", result.Out, StringComparison.Ordinal));
        Assert.All(
            ["--config", "--seed", "--threads", "--device", "--quiet"],
            option => Assert.Contains(option, result.Out, StringComparison.Ordinal)
        );
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"  {(int)code, -3}  ", result.Out, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("expected a value, got an empty text", "inspect", "")]
    [InlineData("expected a value, got an empty text", "classify", "net.pqf", "")]
    [InlineData("--config: expected a value, got an empty text", "devices", "--config", "")]
    [InlineData("--resume: expected a value, got an empty text", "train", "--resume", "")]
    public void An_empty_text_is_no_value(string expected, params string[] arguments)
    {
        var result = Cli.Run(arguments);
        Assert.Equal((ExitCode.Usage, $"error: command line: {expected}"), (result.Code, result.ErrorLine));
    }

    [Fact]
    public void A_size_that_is_too_large_names_the_limit() =>
        Assert.Equal(
            $"error: command line: target_size: expected {SizeTarget.Expected}, got '99999999999GB'",
            Cli.Run("compress", "net.pth", "--target-size", "99999999999GB").ErrorLine
        );

    /// <summary>No line of the help is a piece of a list of words.</summary>
    [Fact]
    public void The_help_names_the_argument_of_config() =>
        Assert.Contains("\n  config <command> ", Cli.Run("help").Out, StringComparison.Ordinal);

    [Fact]
    public void Help_of_every_command_ends_with_examples_of_it() =>
        Assert.All(
            AllCommands.Create(),
            entry =>
            {
                var result = Cli.Run(entry.Syntax.Name, "--help");
                Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
                Assert.Contains("Examples:", result.Out, StringComparison.Ordinal);
                Assert.NotEmpty(entry.Examples);
                Assert.All(entry.Examples, example => Assert.StartsWith($"pqf {entry.Syntax.Name}", example, StringComparison.Ordinal));
                Assert.Contains(
                    entry.Examples[^1],
                    result.Out.Replace(" \\\n    ", " ", StringComparison.Ordinal),
                    StringComparison.Ordinal
                );
            }
        );

    [Fact]
    public void Version_is_one_line_with_commit_runtime_and_platform() =>
        Assert.Matches(@"^pqf 0\.2\.0( \(commit [0-9a-f]{12}\))?, \.NET 10\.\d+\.\d+, [a-z0-9-]+\n$", Cli.Run("--version").Out);

    [Fact]
    public void No_word_at_all_gives_help()
    {
        var result = Cli.Run();
        Assert.Equal((ExitCode.Success, Cli.Run("--help").Out, ""), (result.Code, result.Out, result.Error));
    }

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("help compress", "compress --help")]
    [InlineData("version", "--version")]
    [InlineData("version --json", "--version --json")]
    [InlineData("help compress --json", "compress --help")]
    public void Words_for_help_and_version_are_the_options(string words, string options)
    {
        var result = Cli.Run(words.Split(' '));
        Assert.Equal((ExitCode.Success, Cli.Run(options.Split(' ')).Out, ""), (result.Code, result.Out, result.Error));
    }

    [Theory]
    [InlineData("comprss", "compress")]
    [InlineData("trian", "train")]
    public void Help_for_a_command_that_is_none_names_the_nearest(string word, string nearest) =>
        Assert.Equal($"error: command line: {word}: unknown command; the nearest known one is {nearest}", Cli.Run("help", word).ErrorLine);

    [Theory]
    [InlineData("version extra", "extra: unexpected; version takes no argument")]
    [InlineData("version train", "train: unexpected; version takes no argument")]
    [InlineData("--version extra", "extra: unexpected; version takes no argument")]
    [InlineData("help train extra", "extra: unexpected; help takes the name of one command")]
    public void Help_and_version_refuse_words_that_they_do_not_take(string words, string problem)
    {
        var result = Cli.Run(words.Split(' '));
        Assert.Equal((ExitCode.Usage, "", $"error: command line: {problem}"), (result.Code, result.Out, result.ErrorLine));
    }

    [Fact]
    public void Every_unknown_option_is_reported_and_each_once()
    {
        Assert.Equal(
            [
                "error: command line: --epoch: unknown option; the nearest known one is --epochs",
                "error: command line: --calibrat: unknown option; the nearest known one is --calibrate",
                "error: command line: --epochs: expected a value after it, got none",
            ],
            Cli.Run("compress", "a", "--epoch", "3", "--calibrat", "b", "--epochs").Error.TrimEnd('\n').Split('\n')
        );
        Assert.Equal("error: command line: -v: unexpected; pqf takes no such argument\nSee 'pqf --help'.\n", Cli.Run("-v").Error);
    }

    [Fact]
    public void Options_without_a_command_are_a_usage_error() => Assert.Equal(ExitCode.Usage, Cli.Run("--seed", "1").Code);

    [Theory]
    [InlineData("comprss", "the nearest known one is compress")]
    [InlineData("Inspect", "the nearest known one is inspect")]
    [InlineData("clasify", "the nearest known one is classify")]
    [InlineData("shrink", "expected one of ")]
    [InlineData("x\u001b[2J", "expected one of ")]
    public void A_misspelt_command_is_one_line_with_what_was_meant(string word, string hint)
    {
        Assert.Equal(Cli.Run(word).Error, Cli.Run(word, "a.pqf", "--tpo", "3").Error); // whatever is behind it
        var result = Cli.Run(word, "a.pqf");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains($"unknown command; {hint}", Assert.Single(result.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain(result.Error.TrimEnd('\n'), char.IsControl);
    }

    [Theory]
    [InlineData("--weights: expected a value after it, got none", "compress", "--weights")]
    [InlineData("network: expected a value, got none", "compress")]
    [InlineData(
        "command: expected the command whose settings to print, as in pqf config compress, or --list for the presets; got none",
        "config"
    )]
    [InlineData("b: unexpected; compress takes no such argument", "compress", "a", "b")]
    [InlineData("file: expected a value, got none", "inspect")]
    [InlineData("out: expected a value, got none", "convert", "a")]
    [InlineData("--format: expected one of dense, compressed, got x", "convert", "a", "b", "--format", "x")]
    [InlineData("shell: expected one of bash, zsh, pwsh, got ksh", "completion", "ksh")]
    [InlineData("--device: expected a value after it, got none", "train", "--device")]
    [InlineData("--threshold: expected a number from 0 to 1, got x", "detect", "a", "b", "--threshold", "x")]
    [InlineData("--top: expected a whole number of 1 or more, got x", "classify", "a", "b", "--top", "x")]
    [InlineData("search: expected one of greedy, stochastic, descent, got 'x'", "compress", "a", "--search", "x")]
    [InlineData("--top: expected one value, got 1 and 2", "classify", "a", "b", "--top", "1", "--top", "2")]
    [InlineData("--pictures: expected one of auto, jpg, png, jpeg, got x", "detect", "a", "b", "--pictures", "x")]
    [InlineData("--batch: expected numbers from 1 to 65536 with commas between them, got x", "bench", "a", "--batch", "x")]
    public void Every_usage_error_says_where_and_what_was_expected(string expected, params string[] arguments)
    {
        var result = Cli.Run(arguments);
        Assert.Equal((ExitCode.Usage, $"error: command line: {expected}"), (result.Code, result.Error.Split('\n')[0]));
    }

    [Theory]
    [InlineData("error: command line: --epoch: unknown option; the nearest known one is --epochs", "devices", "--epoch", "3")]
    [InlineData(
        "error: command line: --k: unknown option; the nearest known one is --model.compression_parameters.k",
        "devices",
        "--k",
        "3"
    )]
    [InlineData("error: command line: --lr: unknown option; the nearest known one is --learning_rate", "devices", "--lr", "3")]
    [InlineData(
        "error: command line: --batch-size: unknown option; the nearest known one is --dataloader.batch_size",
        "devices",
        "--batch-size",
        "3"
    )]
    [InlineData(
        "error: command line: --qqqq: unknown option; pqf COMMAND --help and docs/configuration.md list the known ones",
        "devices",
        "--qqqq",
        "3"
    )]
    [InlineData("error: command line: --weight: unknown option; the nearest known one is --weights", "evaluate", "--weight", "a")]
    [InlineData(
        "error: command line: --target_siz: unknown option; the nearest known one is --target-size",
        "compress",
        "--target_siz",
        "a"
    )]
    [InlineData("error: command line: --dry_run: unknown option; the nearest known one is --dry-run", "compress", "--dry_run")]
    [InlineData(
        "error: command line: --target-size: expected one word, such as 1.5MB, got 1.5 MB",
        "compress",
        "a.pth",
        "--target-size",
        "1.5",
        "MB"
    )]
    [InlineData(
        "error: command line: --target-size: expected one word, such as 900kB, got 900 kB",
        "compress",
        "--target-size",
        "900",
        "kB",
        "a.pth"
    )]
    [InlineData(
        "error: command line: --target-size: expected one word, such as 2MiB, got 2 MiB",
        "compress",
        "--weights",
        "a.pth",
        "--target-size",
        "2",
        "MiB"
    )]
    [InlineData("error: command line: model.arh: unknown key; the nearest known one is model.arch", "devices", "--model.arh", "resnet18")]
    [InlineData("error: command line: seed: expected a whole number, got 'x'", "devices", "--seed", "x")]
    [InlineData("error: command line: threads: expected a whole number from 0 to 1024, got '-1'", "devices", "--threads", "-1")]
    [InlineData("error: /nowhere.yaml: no such file", "devices", "--config", "/nowhere.yaml")]
    [InlineData("error: /: is a folder; expected a file", "devices", "--config", "/")]
    public void Wrong_options_are_one_line(string expected, params string[] arguments)
    {
        var result = Cli.Run(arguments);
        Assert.Equal(expected, result.Error.Split('\n')[0]);
        Assert.Equal((ExitCode.Usage, ""), (result.Code, result.Out));
    }

    [Theory]
    [InlineData("epochs: 3\nepochs: 4", "line 2: epochs occurs twice")]
    [InlineData("epochs: 3\n- 4", "not YAML: line 2, column 1: ")]
    [InlineData("- 3", "expected a mapping of keys, got the list [3]")]
    public void A_file_that_is_no_configuration_is_a_usage_error(string text, string problem)
    {
        using var file = new TemporaryFile(".yaml");
        File.WriteAllText(file.Path, text);
        var result = Cli.Run("devices", "--config", file.Path);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.StartsWith($"error: {file.Path}: {problem}", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_configuration_is_a_usage_error_and_every_problem_has_its_line()
    {
        var result = Cli.Run("devices", "--epochs", "x", "--model.arh", "y");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal(2, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_word_too_many_is_a_usage_error()
    {
        var result = Cli.Run("devices", "extra");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal("error: command line: extra: unexpected; devices takes no such argument\nSee 'pqf devices --help'.\n", result.Error);
    }

    [Fact]
    public void Devices_lists_the_host()
    {
        var result = Cli.Run("devices");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.StartsWith("host ", result.Lines[0], StringComparison.Ordinal);
    }
}
