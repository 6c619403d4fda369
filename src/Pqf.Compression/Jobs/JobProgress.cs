using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>How far a job is. One family for all jobs.</summary>
public abstract record JobProgress
{
    JobProgress() { }

    /// <summary>A stage starts. Stages come one after the other.</summary>
    /// <param name="Title">What is being done: <c>quantising</c>.</param>
    /// <param name="Unit">What is counted, in the plural: <c>layers</c>.</param>
    /// <param name="Total">How many there are.</param>
    /// <param name="Done">How many an earlier run has done.</param>
    public sealed record Started(string Title, string Unit, double Total, double Done = 0) : JobProgress;

    /// <summary>A part of the stage is done.</summary>
    /// <param name="Done">Of the total, fractions included.</param>
    public sealed record Advanced(double Done) : JobProgress;

    /// <summary>The stage is over. A job that fails or is cancelled may leave a stage without this.</summary>
    /// <param name="LeftOut">How many of the total were left out: images that cannot be decoded.</param>
    public sealed record Ended(double LeftOut = 0) : JobProgress;

    /// <summary>Something worth a line that is not a result: an image that is skipped, a state that is saved.</summary>
    /// <param name="Text">One line, for a person.</param>
    public sealed record Noted(string Text) : JobProgress;

    /// <summary>The network is ready to be trained.</summary>
    public sealed record Prepared(PqfModel Model) : JobProgress;

    /// <summary>A network was validated before the first step.</summary>
    public sealed record Validated(InitialRecord Validation) : JobProgress;

    /// <summary>An epoch is done, validated and saved.</summary>
    public sealed record EpochFinished(EpochRecord Epoch) : JobProgress;
}

/// <summary>Reports of jobs.</summary>
static class JobReports
{
    /// <summary>Does the work of a stage that may leave images out.</summary>
    /// <param name="progress">Receives its start, its end and what lies between.</param>
    /// <param name="title">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="unit">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="total">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="work">Calls its argument with the number done so far.</param>
    /// <param name="counted">How many of the total the work's result counts.</param>
    public static Result<T, PqfError> Stage<T>(
        this IProgress<JobProgress>? progress,
        string title,
        string unit,
        double total,
        Func<Action<double>, Result<T, PqfError>> work,
        Func<T, double> counted
    )
    {
        progress?.Report(new JobProgress.Started(title, unit, total));
        var result = work(done => progress?.Report(new JobProgress.Advanced(done)));
        progress?.Report(new JobProgress.Ended(result.Match(value => total - counted(value), _ => 0)));
        return result;
    }

    /// <summary>Does the work of a stage that leaves nothing out.</summary>
    /// <param name="progress">Receives its start, its end and what lies between.</param>
    /// <param name="title">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="unit">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="total">As <see cref="JobProgress.Started"/>.</param>
    /// <param name="work">Calls its argument with the number done so far.</param>
    public static T Stage<T>(this IProgress<JobProgress>? progress, string title, string unit, double total, Func<Action<double>, T> work)
    {
        progress?.Report(new JobProgress.Started(title, unit, total));
        var result = work(done => progress?.Report(new JobProgress.Advanced(done)));
        progress?.Report(new JobProgress.Ended());
        return result;
    }

    /// <summary>Reports a line that is not a result.</summary>
    public static void Note(this IProgress<JobProgress>? progress, string text) => progress?.Report(new JobProgress.Noted(text));
}
