using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using Pqf.Cli.Configuration;

namespace Pqf.Cli.Shell;

/// <summary>Scripts that complete command lines. They hold every word that can be completed and need nothing but a shell.</summary>
/// <param name="global">Options of every command.</param>
/// <param name="commands">The commands.</param>
sealed class CompletionScript(ImmutableArray<Option> global, ImmutableArray<Command> commands)
{
    /// <summary>The shells there are scripts for.</summary>
    public static ImmutableArray<string> Shells { get; } = ["bash", "zsh", "pwsh"];

    string Commands => string.Join(' ', commands.Select(command => command.Name));

    string Global => string.Join(' ', global.Select(option => option.Name).Append("--help"));

    // A layer's name in a key cannot be known.
    static string Keys =>
        string.Join(' ', ConfigLoader.KeysOfValues().Where(key => !key.Contains('<', StringComparison.Ordinal)).Select(key => "--" + key));

    /// <summary>The script for a shell.</summary>
    /// <param name="shell">One of <see cref="Shells"/>.</param>
    public string For(string shell) =>
        shell switch
        {
            "bash" => Bash(),
            "zsh" => Zsh(),
            _ => PowerShell(),
        };

    string Bash() =>
        $$"""
            # Completion of pqf for bash. In ~/.bashrc:  source <(pqf completion bash)
            _pqf() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" options="" values="" i
                COMPREPLY=()
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "${COMP_WORDS[i]}" in
                        {{Commands.Replace(' ', '|')}}) command="${COMP_WORDS[i]}"; break ;;
                    esac
                done
                {{Cases("                ")}}
                if [[ -n $values ]]; then
                    COMPREPLY=($(compgen -W "$values" -- "$current"))
                elif [[ $current == -* ]]; then
                    COMPREPLY=($(compgen -W "$options {{Global}} {{Keys}}" -- "$current"))
                elif [[ -z $command && $previous != --* ]]; then
                    COMPREPLY=($(compgen -W "{{Commands}}" -- "$current"))
                fi
            }
            complete -o bashdefault -o default -F _pqf pqf
            """;

    string Zsh() =>
        $$"""
            #compdef pqf
            # Completion of pqf for zsh. In ~/.zshrc, after compinit:  source <(pqf completion zsh)
            _pqf() {
                local current="${words[CURRENT]}" previous="${words[CURRENT-1]}" command="" options="" values="" word
                for word in "${(@)words[2,CURRENT-1]}"; do
                    case "$word" in
                        {{Commands.Replace(' ', '|')}}) command="$word"; break ;;
                    esac
                done
                {{Cases("                ")}}
                if [[ -n $values ]]; then
                    compadd -- ${=values}
                elif [[ $current == -* ]]; then
                    compadd -- ${=options} {{Global}} {{Keys}}
                elif [[ -z $command && $previous != --* ]]; then
                    compadd -- {{Commands}}
                else
                    _files
                fi
            }
            compdef _pqf pqf
            """;

    string PowerShell() =>
        $$"""
            # Completion of pqf for PowerShell. In $PROFILE:  pqf completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName pqf -ScriptBlock {
                param($current, $ast, $position)
                $words = @($ast.CommandElements | ForEach-Object { "$_" } | Select-Object -Skip 1)
                if ($current -and $words) { $words = @($words | Select-Object -SkipLast 1) }
                $commands = @({{Quoted(commands.Select(command => command.Name))}})
                $options = @{
            {{Lines(commands.Select(command => $"        '{command.Name}' = @({Quoted(OptionsOf(command))})"))}}
                }
                $values = @{
            {{Lines(Choices().Select(choice => $"        '{choice.Command}:{choice.Option}' = @({Quoted(choice.Values)})"))}}
                }
                $command = $words | Where-Object { $commands -contains $_ } | Select-Object -First 1
                $previous = $words | Select-Object -Last 1
                $found = if ($values["${command}:$previous"]) { $values["${command}:$previous"] }
                    elseif ($values["*:$previous"]) { $values["*:$previous"] }
                    elseif ("$current".StartsWith('-')) { @($options["$command"]) + ('{{Global}} {{Keys}}' -split ' ') }
                    elseif (-not $command) { $commands }
                $found | Where-Object { $_ -like "$current*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """;

    /// <summary>What bash and zsh write alike: a command's options, and the values of an option or of a command's first word.</summary>
    string Cases(string indent) =>
        string.Join(
            '\n' + indent[..^12],
            [
                "case \"$command\" in",
                .. commands.Select(command => $"    {command.Name}) options=\"{string.Join(' ', OptionsOf(command))}\" ;;"),
                "esac",
                "case \"$command:$previous\" in",
                .. Choices().Select(choice => $"    {choice.Command}:{choice.Option}) values=\"{string.Join(' ', choice.Values)}\" ;;"),
                "esac",
            ]
        );

    static IEnumerable<string> OptionsOf(Command command) => command.Options.Select(option => option.Name);

    IEnumerable<(string Command, string Option, ImmutableArray<string> Values)> Choices() =>
        commands
            .SelectMany(command =>
                command
                    .Options.Select(option => (command.Name, option.Name, Values(option)))
                    .Concat(command.Arguments.Take(1).Select(argument => (command.Name, command.Name, Values(argument))))
            )
            .Concat(global.Select(option => ("*", option.Name, Values(option))))
            .Concat(
                ConfigLoader
                    .Choices()
                    .Where(choice => !choice.Key.Contains('<', StringComparison.Ordinal))
                    .Select(choice => ("*", $"--{choice.Key}", choice.Words))
            )
            .Where(choice => !choice.Item3.IsEmpty);

    /// <summary>Words that a value may be; none for an option that is set by being there.</summary>
    static ImmutableArray<string> Values(Symbol symbol) =>
        symbol is Option { ValueType: var type } && type == typeof(bool)
            ? []
            : [.. symbol.GetCompletions(CompletionContext.Empty).Select(item => item.InsertText ?? item.Label)];

    static string Quoted(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"'{word}'"));

    static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
