using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Shows a person how far jobs are.</summary>
abstract class ProgressDisplay : IProgress<JobProgress>, IDisposable
{
    ProgressDisplay() { }

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        switch (value)
        {
            case JobProgress.Started stage:
                Start(stage);
                break;
            case JobProgress.Advanced(var done):
                Advance(done);
                break;
            case JobProgress.Ended(var leftOut):
                End(leftOut);
                break;
            case JobProgress.Noted(var text):
                Note(text);
                break;
        }
    }

    /// <summary>Writes one line that is not a result: what was done, where it went.</summary>
    public void Note(string line) => Write(Printable.Line(line));

    /// <summary>Writes one line that a person may paste: it is not cut where the terminal is narrow.</summary>
    public void NoteCommand(string line) => WriteWhole(Printable.Line(line));

    private protected abstract void Write(string line);

    private protected abstract void WriteWhole(string line);

    /// <summary>Takes a bar away that a job has left.</summary>
    public virtual void Dispose() { }

    private protected abstract void Start(JobProgress.Started stage);

    private protected abstract void Advance(double done);

    private protected abstract void End(double leftOut);

    /// <summary>The display for a terminal.</summary>
    public static ProgressDisplay For(Terminal terminal, bool isQuiet) =>
        isQuiet ? new Quiet()
        : terminal.IsInteractive ? new Live(terminal)
        : new Lines(terminal);

    /// <summary>No display.</summary>
    public sealed class Quiet : ProgressDisplay
    {
        private protected override void Write(string line) { }

        private protected override void WriteWhole(string line) { }

        private protected override void Start(JobProgress.Started stage) { }

        private protected override void Advance(double done) { }

        private protected override void End(double leftOut) { }
    }

    /// <summary>A line every few seconds, and one at the end: for logs.</summary>
    public sealed class Lines(Terminal terminal) : ProgressDisplay
    {
        static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        Rate? rate;
        long last;

        private protected override void Write(string line) => terminal.WriteError(line);

        private protected override void WriteWhole(string line) => terminal.Error.WriteLine(line);

        private protected override void Start(JobProgress.Started stage) =>
            (rate, last) = (new Rate(terminal.Clock, stage), terminal.Clock.GetTimestamp());

        private protected override void Advance(double done)
        {
            if (rate is null || terminal.Clock.GetElapsedTime(last) < Interval)
                return;
            last = terminal.Clock.GetTimestamp();
            Write(rate.Line(done));
        }

        private protected override void End(double leftOut)
        {
            if (rate is not null)
                Write(rate.Finished(leftOut));
            rate = null;
        }
    }

    /// <summary>A bar that moves, replaced by one line at the end.</summary>
    public sealed class Live(Terminal terminal) : ProgressDisplay
    {
        Rate? rate;
        ProgressBar? bar;

        private protected override void Write(string line) => terminal.WriteError(line);

        private protected override void WriteWhole(string line) => terminal.Error.WriteLine(line);

        /// <inheritdoc/>
        public override void Dispose()
        {
            Leave();
            base.Dispose();
        }

        void Leave()
        {
            bar?.Dispose();
            (bar, rate) = (null, null);
        }

        private protected override void Start(JobProgress.Started stage)
        {
            Leave();
            (bar, rate) = (new ProgressBar(terminal, stage), new Rate(terminal.Clock, stage));
        }

        private protected override void Advance(double done)
        {
            if (rate is not null)
                bar?.Show(done, rate.Describe(done));
        }

        private protected override void End(double leftOut)
        {
            string? line = rate?.Finished(leftOut);
            Leave();
            if (line is not null)
                Write(line);
        }
    }

    /// <summary>How fast a stage goes. What an earlier run did counts for no rate.</summary>
    sealed class Rate(TimeProvider clock, JobProgress.Started stage)
    {
        readonly long begun = clock.GetTimestamp();

        double Seconds => clock.GetElapsedTime(begun).TotalSeconds;

        public string Describe(double done)
        {
            double own = done - stage.Done,
                seconds = Seconds;
            string rate = seconds > 0 ? (own / seconds).ToString("G3", CultureInfo.InvariantCulture) : "?";
            return $"{rate} {stage.Unit}/s, {(own > 0 ? Duration((stage.Total - done) / own * seconds) : "?")} left";
        }

        public string Line(double done) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Title}: {Math.Floor(done):0} of {stage.Total:0} {Unit(stage.Total)}, {Describe(done)}"
            );

        public string Finished(double leftOut)
        {
            double count = stage.Total - stage.Done - leftOut;
            return string.Create(CultureInfo.InvariantCulture, $"{stage.Title}: {count:0} {Unit(count)} in {Duration(Seconds)}");
        }

        /// <summary>What is counted, in the singular for one.</summary>
        string Unit(double count) =>
            count != 1 ? stage.Unit
            : stage.Unit.EndsWith("ches", StringComparison.Ordinal) ? stage.Unit[..^2]
            : stage.Unit.TrimEnd('s');
    }

    /// <summary><c>2.5 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
        return time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
            : time.TotalHours < 1 ? $"{time.Minutes} min {time.Seconds} s"
            : $"{(int)time.TotalHours} h {time.Minutes} min";
    }
}
