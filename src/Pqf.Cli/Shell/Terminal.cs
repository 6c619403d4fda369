namespace Pqf.Cli.Shell;

/// <summary>What a run talks to.</summary>
/// <param name="Out">Results, and nothing else.</param>
/// <param name="Error">Progress and problems.</param>
/// <param name="IsInteractive">Whether a person watches <paramref name="Error"/>.</param>
/// <param name="Clock">For rates and durations.</param>
/// <param name="Cancellation">Set by Ctrl-C.</param>
sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive, TimeProvider Clock, CancellationToken Cancellation)
{
    /// <summary>Columns of the terminal that shows <see cref="Out"/>; null where none does. Longer lines are cut between words.</summary>
    public int? OutColumns { get; init; }

    /// <summary>Columns of the terminal that shows <see cref="Error"/>; null where none does.</summary>
    public int? ErrorColumns { get; init; }

    /// <summary>Writes a line of a result.</summary>
    public void WriteOut(string line) => Write(Out, TextLines.Hanging(line, OutColumns));

    /// <summary>Writes a line of progress or of a problem.</summary>
    public void WriteError(string line) => Write(Error, TextLines.Hanging(line, ErrorColumns));

    // In one call: threads that decode write notes too.
    static void Write(TextWriter writer, IEnumerable<string> lines) => writer.WriteLine(string.Join(writer.NewLine, lines));

    /// <summary>The other processes of the run, for commands that share their work.</summary>
    public LaunchedRanks Ranks { get; init; } = new(_ => null);
}
