namespace Pqf.Cli.Shell;

/// <summary>The line of a stage that a person watches, cut so that it fits the terminal's width: where there is too little room the bar
/// goes first, then the rate. The share done is always there.</summary>
/// <param name="Text">What is done, and how fast.</param>
/// <param name="BarWidth">Characters of the bar; 0 for no bar.</param>
/// <param name="Done">Characters of the bar that are done.</param>
/// <param name="Share">Per cent that is done: <c> 38%</c>.</param>
readonly record struct ProgressLine(string Text, int BarWidth, int Done, string Share)
{
    // A shorter bar shows nothing; a longer one no more.
    const int ShortestBar = 8,
        LongestBar = 40;

    /// <summary>The line.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="rate">How fast; null before the first part is done.</param>
    /// <param name="percent">0 … 100.</param>
    /// <param name="width">Characters that there are.</param>
    public static ProgressLine Of(string title, string? rate, double percent, int width)
    {
        double done = percent is >= 0 and <= 100 ? percent : 0;
        string share = $"{(int)done, 3}%",
            whole = rate is null ? title : $"{title} ({rate})";
        int room = width - share.Length - 1,
            bar = Math.Min(LongestBar, room - whole.Length - 1);
        return bar >= ShortestBar ? new(whole, bar, (int)(bar * done / 100), share)
            : whole.Length <= room ? new(whole, 0, 0, share)
            : new(title.Length <= room ? title : Cut(title, room), 0, 0, share);
    }

    static string Cut(string title, int room) => room > 1 ? $"{title[..(room - 1)]}…" : "";
}
