using Pqf.Cli.Results;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;

namespace Pqf.Cli.Shell;

/// <summary>Prints what a training gives, as it comes.</summary>
/// <param name="run">Terminal.</param>
sealed class TrainingReport(RunContext run) : IProgress<JobProgress>
{
    NetworkSummary? network;

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        switch (value)
        {
            case JobProgress.Prepared(var model):
                network = NetworkSummary.Of(model, model.Parameters.IsQuantised ? "compressed" : "dense");
                Show(network.Lines());
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

    /// <summary>What the training gave, once it has ended.</summary>
    /// <param name="folder">Where its files are.</param>
    /// <param name="result">Of the job.</param>
    /// <param name="use">The command that uses the network on photographs.</param>
    public TrainingResult Of(string folder, TrainResult result, string use) =>
        TrainingResult.Of(folder, network, result) with
        {
            Next = result.Progress.Best is null
                ? null
                : $"{NextCommand.Evaluate(run.Config, result.BestPath)} measures the network; "
                    + $"pqf {use} {NextCommand.Word(result.BestPath)} IMAGE uses it",
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
