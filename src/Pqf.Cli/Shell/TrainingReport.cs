using Pqf.Cli.Results;
using Pqf.Compression.Collectives;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Prints what a training gives, as it comes.</summary>
/// <param name="run">Terminal.</param>
sealed class TrainingReport(RunContext run) : IProgress<JobProgress>
{
    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        switch (value)
        {
            case JobProgress.Prepared(var model):
                Show(NetworkSummary.Of(model).Lines());
                break;
            case JobProgress.Validated(var record):
                Show(new InitialResult(record).Lines());
                break;
            case JobProgress.EpochFinished(var epoch):
                Show(new EpochResult(epoch).Lines());
                break;
            default:
                run.Progress.Report(value);
                break;
        }
    }

    /// <summary>Ends the command: writes the report and prints what the training gave.</summary>
    /// <param name="ranks">The processes of the run, of which the first writes.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="trained">Of the job.</param>
    /// <param name="adjust">Adds to the result.</param>
    /// <param name="pictures">Sections at the end of the report; by default none.</param>
    public Result<Unit, PqfError> Conclude(
        ICollective ranks,
        string folder,
        TrainResult trained,
        Func<TrainingResult, TrainingResult>? adjust = null,
        Func<IEnumerable<ReportSection>>? pictures = null
    )
    {
        var files = ranks.Rank == 0 ? ReportFiles.Write(folder, () => PageOf(trained, pictures?.Invoke() ?? [])) : FilesBeside.None;
        var result = Of(folder, trained) with { Report = ReportFiles.PageOf(files) };
        return run.Conclude(adjust is null ? result : adjust(result), files);
    }

    Report PageOf(TrainResult trained, IEnumerable<ReportSection> more)
    {
        var page = TrainingPage.Of(
            trained.Network,
            trained.Progress,
            trained.BestMetric,
            trained.BestPath,
            [$"Seed {run.Config.Seed}. metrics.csv beside this page has the figures of each epoch."]
        );
        return page with { Sections = [.. page.Sections, .. more] };
    }

    /// <summary>What the training gave, once it has ended.</summary>
    /// <param name="folder">Where its files are.</param>
    /// <param name="result">Of the job.</param>
    TrainingResult Of(string folder, TrainResult result) =>
        TrainingResult.Of(folder, result) with
        {
            Next = result.Progress.Best is null ? null : NextCommand.Evaluate(run.Config, result.BetterStart?.Path ?? result.BestPath),
        };

    /// <summary>A training takes hours: where the results are a document at the end, a person sees these lines as progress.</summary>
    void Show(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            if (run.Output.IsJson)
                run.Note(line);
            else
                run.Output.Show(line);
    }
}
