using System.Collections.Immutable;

namespace Pqf.Cli.Shell;

/// <summary>What <c>--help</c> says below the parser's own text.</summary>
static class HelpText
{
    /// <summary>The program's own version, whatever process hosts it.</summary>
    public static string Version { get; } = typeof(HelpText).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Columns.</summary>
    public const int Width = 110;

    /// <summary>Below the list of commands.</summary>
    public static ImmutableArray<string> Root { get; } =
    [
        "Exit codes:",
        "  0    done",
        "  1    a file is missing, damaged or unwritable, or what was asked cannot be done",
        "  2    the command line or the configuration is wrong",
        "  70   a bug in pqf",
        "  130  stopped by Ctrl-C; no file is left half written",
        "",
        "'pqf COMMAND --help' shows a command's options, with examples.",
    ];

    /// <summary>Below a command's options.</summary>
    public static ImmutableArray<string> Examples(ImmutableArray<string> examples) =>
        ["Examples:", .. examples.Select(example => "  " + example)];
}
