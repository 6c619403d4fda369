using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public class ProgressDisplayTests
{
    [Fact]
    public void Lines_say_rate_and_time_left_at_intervals_and_the_duration_at_the_end()
    {
        var clock = new SteppingClock();
        Assert.Equal(
            "quantising: 4 of 10 layers, 0.333 layers/s, 18.0 s left\nquantising: 8 of 10 layers, 0.333 layers/s, 6.0 s "
                + "left\nquantising: 10 layers in 30.0 s\n",
            Show(clock, false, false)
        );
    }

    [Fact]
    public void What_an_earlier_run_did_counts_for_no_rate_and_no_duration()
    {
        var clock = new SteppingClock { Seconds = 100 };
        // Four layers were done before; the fifth takes six seconds more than the others.
        Assert.Equal(
            "quantising: 6 of 10 layers, 0.167 layers/s, 24.0 s left\nquantising: 10 of 10 layers, 0.25 layers/s, 0.0 s "
                + "left\nquantising: 6 layers in 24.0 s\n",
            Show(clock, false, false, 4, 6)
        );
    }

    [Theory]
    [InlineData("batches", 1, 0, "1 batch")]
    [InlineData("images", 1, 0, "1 image")]
    [InlineData("images", 13, 1, "12 images")]
    [InlineData("images", 2, 1, "1 image")]
    [InlineData("images", 1, 1, "0 images")]
    public void The_last_line_counts_what_was_not_left_out(string unit, int total, int leftOut, string expected)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var display = ProgressDisplay.For(new Terminal(TextWriter.Null, error, false, new SteppingClock(), default), false);
        display.Report(new JobProgress.Started("measuring", unit, total));
        display.Report(new JobProgress.Ended(leftOut));
        Assert.Equal($"measuring: {expected} in 0.0 s\n", error.ToString());
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

    /// <summary>What is there at each width, of a stage with a rate: the bar goes first, then the rate, the share never.</summary>
    [Theory]
    [InlineData(200, "comparing (12 images/s, 0.5 s left)", 40, 15)]
    [InlineData(80, "comparing (12 images/s, 0.5 s left)", 39, 15)]
    [InlineData(60, "comparing (12 images/s, 0.5 s left)", 19, 7)]
    [InlineData(49, "comparing (12 images/s, 0.5 s left)", 8, 3)]
    [InlineData(48, "comparing (12 images/s, 0.5 s left)", 0, 0)]
    [InlineData(40, "comparing (12 images/s, 0.5 s left)", 0, 0)]
    [InlineData(39, "comparing", 0, 0)]
    [InlineData(20, "comparing", 0, 0)]
    [InlineData(10, "comp…", 0, 0)]
    public void A_line_of_progress_fits_the_width(int width, string text, int bar, int done)
    {
        var line = ProgressLine.Of("comparing", "12 images/s, 0.5 s left", 38.5, width);
        Assert.Equal(new ProgressLine(text, bar, done, " 38%"), line);
    }

    [Fact]
    public void A_terminal_of_40_columns_sees_each_line_of_progress_in_one_row()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var clock = new SteppingClock();
        using (var display = ProgressDisplay.For(new Terminal(TextWriter.Null, error, true, clock, default) { ErrorColumns = 40 }, false))
        {
            display.Report(new JobProgress.Started("measuring layers' effects", "layers", 20));
            for (int done = 1; done <= 10; done++)
            {
                clock.Seconds += 3;
                display.Report(new JobProgress.Advanced(done));
                Thread.Sleep(60); // the bar is drawn several times a second
            }
        }

        string[] rows = [.. Regex.Replace(error.ToString(), "\u001b\\[[0-9;?]*[A-Za-z]", "\n").Split('\n', '\r').Select(row => row.Trim())];
        string[] drawn = [.. rows.Where(row => row.Length > 0)];
        Assert.NotEmpty(drawn);
        Assert.All(drawn, row => Assert.Matches("^measuring layers' effects +(━* *)[0-9]+%$", row));
    }

    [Fact]
    public void A_bar_that_a_job_leaves_goes_without_a_line()
    {
        using var error = new StringWriter { NewLine = "\n" };
        using (var display = ProgressDisplay.For(new Terminal(TextWriter.Null, error, true, new SteppingClock(), default), false))
            display.Report(new JobProgress.Started("waiting", "things", 1));
        Assert.DoesNotContain("1 things in", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_are_lines_unless_the_display_is_quiet()
    {
        Assert.Equal("skipped a.png\n", Noted(false));
        Assert.Equal("", Noted(true));

        static string Noted(bool isQuiet)
        {
            using var error = new StringWriter { NewLine = "\n" };
            using var display = ProgressDisplay.For(new Terminal(TextWriter.Null, error, false, new SteppingClock(), default), isQuiet);
            display.Report(new JobProgress.Noted("skipped a.png"));
            return error.ToString();
        }
    }

    static string Show(SteppingClock clock, bool isInteractive, bool isQuiet, int done = 0, double delay = 0)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var display = ProgressDisplay.For(new Terminal(TextWriter.Null, error, isInteractive, clock, default), isQuiet);
        display.Report(new JobProgress.Started("quantising", "layers", 10, done));
        clock.Seconds += delay;
        for (double layer = 1 + done; layer <= 10; layer++)
        {
            clock.Seconds += 3;
            display.Report(new JobProgress.Advanced(layer));
        }

        display.Report(new JobProgress.Ended());
        return error.ToString();
    }

    /// <summary>A clock that moves when told.</summary>
    sealed class SteppingClock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}
