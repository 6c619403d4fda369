namespace Pqf.Cli.Tests;

/// <summary>Presses Ctrl-C when a word comes by.</summary>
sealed class CancellingWriter(string word, CancellationTokenSource cancellation) : StringWriter
{
    public override string NewLine => "\n";

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (value?.Contains(word, StringComparison.Ordinal) == true)
            cancellation.Cancel();
    }
}

/// <summary>A clock by which so much time passes between two looks that every progress is shown.</summary>
sealed class RacingClock : TimeProvider
{
    long timestamp;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => timestamp += 60;
}
