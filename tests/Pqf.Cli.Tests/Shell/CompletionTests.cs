using System.Diagnostics;
using Pqf.Cli.Commands;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public sealed class CompletionTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string[]> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string[]>();
            foreach (string shell in CompletionScript.Shells)
            {
                cases.Add(shell, "pqf co", ["compare", "completion", "compress", "config", "convert"]);
                cases.Add(shell, "pqf --quiet --seed 3 dev", ["devices"]);
                cases.Add(shell, "pqf compress --ta", ["--target-ratio", "--target-size", "--target_ratio", "--target_size"]);
                cases.Add(shell, "pqf compress x.pth --target-r", ["--target-ratio"]);
                cases.Add(shell, "pqf classify --target-r", []);
                cases.Add(shell, "pqf train --learn", ["--learning_rate"]);
                cases.Add(shell, "pqf bench x --dataloader.coco", ["--dataloader.coco_path"]);
                cases.Add(shell, "pqf bench x --device ho", ["host"]);
                cases.Add(shell, "pqf convert a b --format d", ["dense"]);
                cases.Add(shell, "pqf evaluate --preset resnet5", ["resnet50"]);
                cases.Add(shell, "pqf completion z", ["zsh"]);
                cases.Add(shell, "pqf config insp", ["inspect"]);
                cases.Add(shell, "pqf train --best_metric box", ["box_ap", "box_ap50"]);
                cases.Add(shell, "pqf train --optimizer a", ["adam"]);
                cases.Add(shell, "pqf classify x --preprocessing.exif ig", ["ignore"]);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Words_are_completed(string shell, string line, string[] expected)
    {
        Assert.SkipWhen(!IsThere(shell), $"{shell} is not installed");
        Assert.Equal(expected.Order(StringComparer.Ordinal), Complete(shell, line).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Files_are_left_to_the_shell()
    {
        string script = Cli.Run("completion", "bash").Out;
        Assert.Contains("complete -o bashdefault -o default -F _pqf pqf", script, StringComparison.Ordinal);
        if (IsThere("bash"))
            Assert.Empty(Complete("bash", "pqf inspect som"));
        if (IsThere("zsh"))
            Assert.Equal(["FILES"], Complete("zsh", "pqf inspect som"));
    }

    [Fact]
    public void Scripts_hold_every_command_option_and_key()
    {
        Assert.All(
            CompletionScript.Shells,
            shell =>
            {
                string script = Cli.Run("completion", shell).Out;
                Assert.All(
                    AllCommands
                        .Create()
                        .SelectMany(entry => entry.Syntax.Options.Select(option => option.Name).Append(entry.Syntax.Name))
                        .Concat(
                            ConfigLoader.KeysOfValues().Where(key => !key.Contains('<', StringComparison.Ordinal)).Select(key => "--" + key)
                        ),
                    word => Assert.Contains(word, script, StringComparison.Ordinal)
                );
            }
        );
    }

    [Fact]
    public void A_shell_without_a_script_is_a_usage_error() => Assert.Equal(ExitCode.Usage, Cli.Run("completion", "fish").Code);

    string[] Complete(string shell, string line)
    {
        File.WriteAllText(folder.File("script"), Cli.Run("completion", shell).Out);
        string script = folder.File("script");
        string[] words = line.Split(' ');
        string quoted = string.Join(' ', words.Select(word => $"'{word}'"));
        string[] arguments = shell switch
        {
            "bash" =>
            [
                "--norc",
                "-c",
                $"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={words.Length - 1}; _pqf; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            ],
            // zsh's own functions only work within its editor: these print what they are given and begins as the word does.
            "zsh" =>
            [
                "-f",
                "-c",
                "compdef() { : }; _files() { print FILES }; "
                    + "compadd() { shift; for word in \"$@\"; do [[ $word == ${words[CURRENT]}* ]] && print -- $word; done }; "
                    + $"source {script}; words=({quoted}); CURRENT={words.Length}; _pqf; true",
            ],
            _ =>
            [
                "-NoProfile",
                "-Command",
                $". {script}; (TabExpansion2 -inputScript '{line}' -cursorColumn {line.Length}).CompletionMatches.CompletionText",
            ],
        };
        if (shell == "pwsh")
            File.Move(script, script + ".ps1");
        var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd(),
            error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(error.Length == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(part => File.Exists(Path.Combine(part, program)));
}
