using System.Text.RegularExpressions;
using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

/// <summary>What a person at a terminal, and a pipe, get from the program.</summary>
public sealed partial class TranscriptTests : IDisposable
{
    const int Columns = 80;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_program_alone_prints_its_help_within_80_columns()
    {
        var result = ProgramProcess.Run(folder.Path);
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.StartsWith("Description:\n  Pqf makes convolutional networks", result.Out, StringComparison.Ordinal);
        Assert.Contains("'pqf COMMAND --help' shows a command's options, with examples.", result.Out, StringComparison.Ordinal);
        AssertNarrow(result.Out);
    }

    [Fact]
    public void Help_of_every_command_is_within_80_columns() =>
        Assert.All(AllCommands.Create(), entry => AssertNarrow(Cli.Run(entry.Syntax.Name, "--help").Out));

    [Theory]
    [InlineData("train")]
    [InlineData("train-resnet")]
    [InlineData("train-maskrcnn")]
    public void Help_of_training_lists_what_most_trainings_set(string command)
    {
        string help = Cli.Run(command, "--help").Out;
        Assert.All(
            [
                "--epochs",
                "--learning_rate",
                "--dataloader.batch_size",
                "--model.compress ",
                "--data <DIR>",
                "--seed <N>",
                "--device <NAME>",
                "--output <DIR>",
            ],
            option => Assert.Matches($@"\n  {Regex.Escape(option)} *  \S", help)
        );
        Assert.Matches(@"\n  --epochs +passes over the training images \[9\]\n", help);
    }

    [Theory]
    [InlineData("pqf comprss x", 2, "error: command line: comprss: unknown command; the nearest known one is compress\n")]
    [InlineData("pqf devices --lr 3", 2, "error: command line: --lr: unknown option; the nearest known one is --learning_rate\n")]
    [InlineData(
        "pqf devices --k 3",
        2,
        "error: command line: --k: unknown option; the nearest known one is --model.compression_parameters.k\n"
    )]
    [InlineData("pqf devices --epoch 3", 2, "error: command line: --epoch: unknown option; the nearest known one is --epochs\n")]
    public void Misspelt_words_are_one_line_with_what_was_meant(string line, int code, string error)
    {
        var result = ProgramProcess.Shell(folder.Path, line);
        Assert.Equal(((ExitCode)code, "", error), (result.Code, result.Out, result.Error));
    }

    [Fact]
    public void A_terminal_of_80_columns_has_no_longer_line_and_colours_unless_NO_COLOR_is_set()
    {
        Assert.SkipUnless(ProgramProcess.HasTerminal, "script is not installed");
        TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        const string Line = "pqf compress a.onnx --output out --device host --model.sls_iterations 50";
        var coloured = ProgramProcess.Terminal(folder.Path, Line);
        Assert.Equal(ExitCode.Success, coloured.Code);
        Assert.Matches(ColourPattern(), coloured.Out);
        Assert.DoesNotMatch(ColourPattern(), ProgramProcess.Terminal(folder.Path, Line, "NO_COLOR=1").Out);
        var help = ProgramProcess.Terminal(folder.Path, "pqf compress --help");
        AssertNarrow(EscapePattern().Replace(help.Out, ""));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_line_of_a_command_is_longer_than_the_terminal_but_the_one_to_paste(int columns)
    {
        Assert.SkipUnless(ProgramProcess.HasTerminal, "script is not installed");
        TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        const string Line = "pqf compress a.onnx --output out --device host --model.sls_iterations 200";
        string text = ProgramProcess.Terminal(folder.Path, Line, columns: columns).Out;
        // Colours are within a row; other sequences move to another one.
        text = EscapePattern().Replace(StylePattern().Replace(text, ""), "\n");
        string[] rows = [.. text.Split('\n', '\r').Select(row => row.TrimEnd())];
        Assert.Contains($"next     {Line} --calibrate DIR", rows);
        Assert.All(rows.Where(row => !row.StartsWith("next  ", StringComparison.Ordinal)), row => Assert.True(row.Length <= columns, row));
        // Words of notes and results are those of a pipe.
        Assert.Contains("the largest", string.Join(' ', rows), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_for_programs_is_not_cut_in_a_narrow_terminal()
    {
        Assert.SkipUnless(ProgramProcess.HasTerminal, "script is not installed");
        foreach (string line in (string[])["pqf completion bash", "pqf config train"])
            Assert.Equal(
                ProgramProcess.Shell(folder.Path, line).Out,
                EscapePattern().Replace(ProgramProcess.Terminal(folder.Path, line, columns: 40).Out, "")
            );
    }

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    public void Help_follows_the_width_of_the_terminal(int columns)
    {
        Assert.SkipUnless(ProgramProcess.HasTerminal, "script is not installed");
        foreach (string line in (string[])["pqf", "pqf compress --help"])
        {
            var help = ProgramProcess.Terminal(folder.Path, line, columns: columns);
            AssertNarrow(EscapePattern().Replace(help.Out, ""), columns);
            // Lines fill the width: at most a long word is missing.
            Assert.InRange(help.Out.Split('\n').Max(row => EscapePattern().Replace(row, "").TrimEnd().Length), columns - 20, columns);
        }
    }

    [Fact]
    public void A_dumb_terminal_gets_no_escape_sequence()
    {
        Assert.SkipUnless(ProgramProcess.HasTerminal, "script is not installed");
        TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        foreach (
            string line in (string[])["pqf compress a.onnx --output out --device host --model.sls_iterations 50", "pqf compress --help"]
        )
        {
            var run = ProgramProcess.Terminal(folder.Path, line, "TERM=dumb");
            Assert.Equal(ExitCode.Success, run.Code);
            Assert.DoesNotContain('\u001b', run.Out);
        }
    }

    [Fact]
    public void Pipes_get_results_alone()
    {
        TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        var piped = ProgramProcess.Shell(folder.Path, "pqf compress a.onnx --output out --device host 2>/dev/null | grep -c ^network");
        Assert.Equal("1\n", piped.Out);
        var closed = ProgramProcess.Shell(folder.Path, "pqf inspect a.onnx --json 2>/dev/null | head -c 1");
        Assert.Equal("{", closed.Out);
        Assert.DoesNotContain('\u001b', ProgramProcess.Run(folder.Path, "compress", "a.onnx", "--output", "b", "--device", "host").Error);
    }

    [Fact]
    public void A_completion_script_completes()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "bash is not installed");
        var result = ProgramProcess.Shell(
            folder.Path,
            "pqf completion bash > script; bash --norc -c 'source ./script; COMP_WORDS=(pqf dev); COMP_CWORD=1; _pqf; echo $COMPREPLY'"
        );
        Assert.Equal("devices\n", result.Out);
    }

    static void AssertNarrow(string text, int columns = Columns) =>
        Assert.All(text.Split('\n').Select(line => line.TrimEnd()), line => Assert.True(line.Length <= columns, line));

    [GeneratedRegex(@"\u001b\[[0-9;]*(3[0-7]|38;5;\d+|9[0-7])(;[0-9]+)*m")]
    private static partial Regex ColourPattern();

    [GeneratedRegex(@"\u001b\[[0-9;]*m")]
    private static partial Regex StylePattern();

    [GeneratedRegex(@"\u001b(=|>|\[[0-9;?]*[A-Za-z])")]
    private static partial Regex EscapePattern();
}
