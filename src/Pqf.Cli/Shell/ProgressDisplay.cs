using System.Globalization;
using Spectre.Console;

namespace Pqf.Cli.Shell;

/// <summary>Tells a person how far long work is.</summary>
abstract class ProgressDisplay
{
    ProgressDisplay()
    {
    }

    /// <summary>Does the work, showing what it reports.</summary>
    /// <param name="title">What is being done: <c>quantising</c>.</param>
    /// <param name="unit">What is counted, in the plural: <c>layers</c>.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="work">Calls its argument with the number done so far, fractions included, as often as it likes.</param>
    public abstract T Run<T>(string title, string unit, double total, Func<Action<double>, T> work);

    /// <summary>The display for a terminal.</summary>
    public static ProgressDisplay For(Terminal terminal, bool isQuiet) =>
        isQuiet ? new Quiet() : terminal.IsInteractive ? new Live(terminal) : new Lines(terminal);

    /// <summary>No display.</summary>
    public sealed class Quiet : ProgressDisplay
    {
        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work) => work(_ => { });
    }

    /// <summary>A line every few seconds, and one at the end: for logs.</summary>
    public sealed class Lines(Terminal terminal) : ProgressDisplay
    {
        static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work)
        {
            long start = terminal.Clock.GetTimestamp(), last = start;
            var result = work(done =>
            {
                if (terminal.Clock.GetElapsedTime(last) < Interval)
                    return;
                last = terminal.Clock.GetTimestamp();
                double seconds = terminal.Clock.GetElapsedTime(start).TotalSeconds;
                terminal.Error.WriteLine(Describe(title, unit, done, total, seconds));
            });
            terminal.Error.WriteLine(Finished(title, unit, total, terminal.Clock.GetElapsedTime(start).TotalSeconds));
            return result;
        }
    }

    /// <summary>A bar that moves, replaced by one line at the end.</summary>
    public sealed class Live(Terminal terminal) : ProgressDisplay
    {
        /// <inheritdoc/>
        public override T Run<T>(string title, string unit, double total, Func<Action<double>, T> work)
        {
            long start = terminal.Clock.GetTimestamp();
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error), Interactive = InteractionSupport.Yes });
            var result = console.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context =>
                {
                    var task = context.AddTask(Markup.Escape(title), maxValue: total);
                    return work(done =>
                    {
                        task.Value = done;
                        task.Description = Markup.Escape($"{title} ({Rate(done, terminal.Clock.GetElapsedTime(start).TotalSeconds)} {unit}/s)");
                    });
                });
            terminal.Error.WriteLine(Finished(title, unit, total, terminal.Clock.GetElapsedTime(start).TotalSeconds));
            return result;
        }
    }

    static string Describe(string title, string unit, double done, double total, double seconds) => string.Create(
        CultureInfo.InvariantCulture,
        $"{title}: {Math.Floor(done):0} of {total:0} {unit}, {Rate(done, seconds)} {unit}/s, {(done > 0 ? Duration((total - done) / done * seconds) : "?")} left");

    static string Finished(string title, string unit, double total, double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{title}: {total:0} {unit} in {Duration(seconds)}");

    static string Rate(double done, double seconds) => seconds > 0 ? (done / seconds).ToString("G3", CultureInfo.InvariantCulture) : "?";

    /// <summary><c>2.5 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
        return time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
            : time.TotalHours < 1 ? $"{time.Minutes} min {time.Seconds} s"
            : $"{(int)time.TotalHours} h {time.Minutes} min";
    }
}
