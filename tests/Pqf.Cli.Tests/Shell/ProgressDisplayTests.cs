using Pqf.Cli.Shell;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public class ProgressDisplayTests
{
    [Fact]
    public void Lines_say_rate_and_time_left_at_intervals_and_the_duration_at_the_end()
    {
        var clock = new SteppingClock();
        Assert.Equal(
            "quantising: 4 of 10 layers, 0.333 layers/s, 18.0 s left\nquantising: 8 of 10 layers, 0.333 layers/s, 6.0 s left\nquantising: 10 layers in 30.0 s\n",
            Show(clock, false, false)
        );
    }

    [Fact]
    public void What_an_earlier_run_did_counts_for_no_rate_and_no_duration()
    {
        var clock = new SteppingClock { Seconds = 100 };
        // Four layers were done before; the work on the fifth began six seconds ago.
        var start = new ProgressStart(4, 94 * clock.TimestampFrequency);
        Assert.Equal(
            "quantising: 8 of 10 layers, 0.222 layers/s, 9.0 s left\nquantising: 6 layers in 24.0 s\n",
            Show(clock, false, false, start)
        );
    }

    [Fact]
    public void Quiet_says_nothing() => Assert.Equal("", Show(new SteppingClock(), false, true));

    [Fact]
    public void A_terminal_sees_a_bar_and_then_one_line()
    {
        string text = Show(new SteppingClock(), true, false);
        Assert.Contains("quantising", text, StringComparison.Ordinal);
        Assert.EndsWith("quantising: 10 layers in 30.0 s\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.04, "0.0 s")]
    [InlineData(59.9, "59.9 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7500, "2 h 5 min")]
    public void Durations_are_in_words(double seconds, string expected) => Assert.Equal(expected, ProgressDisplay.Duration(seconds));

    [Fact]
    public void What_the_work_throws_passes_through() =>
        Assert.Throws<OperationCanceledException>(() =>
            ProgressDisplay
                .For(new Terminal(TextWriter.Null, TextWriter.Null, true, TimeProvider.System, default), false)
                .Run<int>("waiting", "things", 1, _ => throw new OperationCanceledException())
        );

    static string Show(SteppingClock clock, bool isInteractive, bool isQuiet, ProgressStart? start = null)
    {
        using var error = new StringWriter { NewLine = "\n" };
        int result = ProgressDisplay
            .For(new Terminal(TextWriter.Null, error, isInteractive, clock, default), isQuiet)
            .Run(
                "quantising",
                "layers",
                10,
                report =>
                {
                    for (double layer = 1 + (start?.Done ?? 0); layer <= 10; layer++)
                    {
                        clock.Seconds += 3;
                        report(layer);
                    }

                    return 7;
                },
                start
            );
        Assert.Equal(7, result);
        return error.ToString();
    }

    /// <summary>A clock that moves when told.</summary>
    sealed class SteppingClock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}
