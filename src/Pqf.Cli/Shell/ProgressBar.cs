using Pqf.Compression.Jobs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pqf.Cli.Shell;

/// <summary>A bar on a thread of its own: the console's library draws one only within a call.</summary>
sealed class ProgressBar : IDisposable
{
    readonly TaskCompletionSource<ProgressTask> started = new();
    readonly ManualResetEventSlim isOver = new();
    readonly Thread thread;
    volatile string? rate;

    /// <summary>Starts to draw.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="stage">What is being done.</param>
    public ProgressBar(Terminal terminal, JobProgress.Started stage)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error), Interactive = InteractionSupport.Yes }
        );
        thread = new Thread(() =>
            console
                .Progress()
                .AutoClear(true)
                .Columns(new Line(() => rate, terminal.ErrorColumns ?? int.MaxValue))
                .Start(context =>
                {
                    started.SetResult(context.AddTask(stage.Title, maxValue: stage.Total));
                    isOver.Wait();
                })
        )
        {
            IsBackground = true,
            Name = "progress",
        };
        thread.Start();
    }

    /// <summary>Shows how far the stage is.</summary>
    /// <param name="done">Of its total.</param>
    /// <param name="speed">How fast it is, in words.</param>
    public void Show(double done, string speed)
    {
        rate = speed;
        started.Task.GetAwaiter().GetResult().Value = done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isOver.Set();
        thread.Join();
        isOver.Dispose();
    }

    /// <summary>The one column. Columns of the library would be wrapped each on its own where the terminal is narrow.</summary>
    sealed class Line(Func<string?> rate, int columns) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            // A terminal may go to the next row once its last column is written.
            int width = Math.Min(columns, options.ConsoleSize.Width) - 1;
            var line = ProgressLine.Of(task.Description, rate(), task.Percentage, width);
            if (line.BarWidth == 0)
                return new Text($"{line.Text} {line.Share}");
            char dash = options.Unicode ? '━' : '-',
                left = options.ColorSystem == ColorSystem.NoColors ? ' ' : dash;
            return new Paragraph($"{line.Text} ")
                .Append(new string(dash, line.Done), new Style(line.Done == line.BarWidth ? Color.Green : Color.Yellow))
                .Append(new string(left, line.BarWidth - line.Done), new Style(Color.Grey))
                .Append($" {line.Share}");
        }
    }
}
