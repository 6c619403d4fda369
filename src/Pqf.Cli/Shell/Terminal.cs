namespace Pqf.Cli.Shell;

/// <summary>What a run talks to.</summary>
/// <param name="Out">Results, and nothing else.</param>
/// <param name="Error">Progress and problems.</param>
/// <param name="IsInteractive">Whether a person watches <paramref name="Error"/>.</param>
/// <param name="Clock">For rates and durations.</param>
/// <param name="Cancellation">Set by Ctrl-C.</param>
sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive, TimeProvider Clock, CancellationToken Cancellation)
{
    /// <summary>Width of the terminal that shows <see cref="Out"/>.</summary>
    public int Columns { get; init; } = HelpText.Width;

    /// <summary>The other processes of the run, for commands that share their work.</summary>
    public LaunchedRanks Ranks { get; init; } = new(_ => null);
}
