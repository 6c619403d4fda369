using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf completion</c>.</summary>
static class CompletionCommand
{
    /// <summary>The command.</summary>
    /// <param name="others">The commands that are completed beside this one.</param>
    public static CommandEntry Create(ImmutableArray<CommandEntry> others)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or pwsh" };
        shell.AcceptOnly([.. CompletionScript.Shells]);
        var syntax = new Command("completion", "Print a script that completes commands, options, keys and files in your shell.") { shell };
        return new(
            syntax,
            [
                "pqf completion bash > ~/.local/share/bash-completion/completions/pqf",
                "pqf completion zsh > ~/.zfunc/_pqf",
                "pqf completion pwsh | Out-String | Invoke-Expression",
            ],
            run =>
            {
                string name = run.Parsed.GetRequiredValue(shell);
                var script = new CompletionScript(new GlobalOptions().All, [.. others.Select(entry => entry.Syntax), syntax]);
                return run.Conclude(new CompletionResult(name, script.For(name)));
            }
        );
    }
}
