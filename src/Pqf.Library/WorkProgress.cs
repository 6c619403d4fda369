using Pqf.Compression.Jobs;
using Pqf.Compression.Training;

namespace Pqf;

/// <summary>How far a piece of work is.</summary>
/// <param name="Stage">What is being done: <c>quantising</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units of the stage.</param>
/// <param name="Unit">What is counted, in the plural: <c>layers</c>.</param>
public sealed record WorkProgress(string Stage, double Done, double Total, string Unit)
{
    /// <summary>A line for a person: an accuracy, an image that is skipped; null for none.</summary>
    public string? Note { get; init; }

    /// <summary>Reports a job's progress in this form.</summary>
    internal static IProgress<JobProgress>? Of(IProgress<WorkProgress>? progress) => progress is null ? null : new Translation(progress);

    sealed class Translation(IProgress<WorkProgress> progress) : IProgress<JobProgress>
    {
        readonly Lock turn = new();
        WorkProgress last = new("", 0, 0, "");

        // Decoders report what they skip on threads of their own.
        public void Report(JobProgress value)
        {
            lock (turn)
            {
                var next = Next(value);
                if (next is null)
                    return;
                last = next with { Note = null };
                progress.Report(next);
            }
        }

        WorkProgress? Next(JobProgress value) =>
            value switch
            {
                JobProgress.Started started => new(started.Title, started.Done, started.Total, started.Unit),
                JobProgress.Advanced advanced => last with { Done = advanced.Done },
                JobProgress.Ended => last with { Done = last.Total },
                JobProgress.Noted noted => last with { Note = noted.Text },
                JobProgress.Validated(var validation) => last with { Note = AccuracyOf(validation.Name, validation.Validation) },
                JobProgress.EpochFinished(var epoch) => last with { Note = AccuracyOf($"epoch {epoch.Number}", epoch.Validation) },
                _ => null,
            };

        static string AccuracyOf(string name, Metrics metrics) =>
            FormattableString.Invariant($"{name}: accuracy {metrics[Classification.Accuracy]:P2}");
    }
}
