using System.Globalization;
using Spectre.Console;

namespace Pqf.Cli.Shell;

/// <summary>Where work began that is shown once a part of it is done.</summary>
/// <param name="Done">How many were done by then, by an earlier run perhaps: they count for no rate.</param>
/// <param name="Timestamp">When.</param>
readonly record struct ProgressStart(double Done, long Timestamp);

/// <summary>Tells a person how far long work is.</summary>
abstract class ProgressDisplay
{
    ProgressDisplay() { }

    /// <summary>Does the work, showing what it reports.</summary>
    /// <param name="title">What is being done: <c>quantising</c>.</param>
    /// <param name="unit">What is counted, in the plural: <c>layers</c>.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="work">Calls its argument with the number done so far, fractions included, as often as it likes.</param>
    /// <param name="start">Null for nothing, and now.</param>
    public abstract T Run<T>(string title, string unit, double total, Func<Action<double>, T> work, ProgressStart? start = null);

    /// <summary>The display for a terminal.</summary>
    public static ProgressDisplay For(Terminal terminal, bool isQuiet) =>
        isQuiet ? new Quiet()
        : terminal.IsInteractive ? new Live(terminal)
        : new Lines(terminal);

    /// <summary>No display.</summary>
    public sealed class Quiet : ProgressDisplay
    {
        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work, ProgressStart? start = null) =>
            work(_ => { });
    }

    /// <summary>A line every few seconds, and one at the end: for logs.</summary>
    public sealed class Lines(Terminal terminal) : ProgressDisplay
    {
        static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work, ProgressStart? start = null)
        {
            var rate = new Rate(terminal.Clock, start);
            long last = terminal.Clock.GetTimestamp();
            var result = work(done =>
            {
                if (terminal.Clock.GetElapsedTime(last) < Interval)
                    return;
                last = terminal.Clock.GetTimestamp();
                terminal.Error.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{title}: {Math.Floor(done):0} of {total:0} {unit}, {rate.Describe(unit, done, total)}"
                    )
                );
            });
            terminal.Error.WriteLine(rate.Finished(title, unit, total));
            return result;
        }
    }

    /// <summary>A bar that moves, replaced by one line at the end.</summary>
    public sealed class Live(Terminal terminal) : ProgressDisplay
    {
        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work, ProgressStart? start = null)
        {
            var rate = new Rate(terminal.Clock, start);
            var console = AnsiConsole.Create(
                new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error), Interactive = InteractionSupport.Yes }
            );
            var result = console
                .Progress()
                .AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
                .Start(context =>
                {
                    var task = context.AddTask(Markup.Escape(title), maxValue: total);
                    return work(done =>
                    {
                        task.Value = done;
                        task.Description = Markup.Escape($"{title} ({rate.Describe(unit, done, total)})");
                    });
                });
            terminal.Error.WriteLine(rate.Finished(title, unit, total));
            return result;
        }
    }

    /// <summary>How fast the work goes since it began here.</summary>
    sealed class Rate(TimeProvider clock, ProgressStart? start)
    {
        readonly ProgressStart begun = start ?? new(0, clock.GetTimestamp());

        double Seconds => clock.GetElapsedTime(begun.Timestamp).TotalSeconds;

        public string Describe(string unit, double done, double total)
        {
            double own = done - begun.Done,
                seconds = Seconds;
            string rate = seconds > 0 ? (own / seconds).ToString("G3", CultureInfo.InvariantCulture) : "?";
            return $"{rate} {unit}/s, {(own > 0 ? Duration((total - done) / own * seconds) : "?")} left";
        }

        public string Finished(string title, string unit, double total) =>
            string.Create(CultureInfo.InvariantCulture, $"{title}: {total - begun.Done:0} {unit} in {Duration(Seconds)}");
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
