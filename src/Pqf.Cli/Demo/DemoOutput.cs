using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Demo;

/// <summary>Writes what a demo gave.</summary>
/// <param name="run">Formats and terminal.</param>
/// <param name="folder">Where files go.</param>
sealed class DemoOutput(RunContext run, string folder)
{
    const string DenseName = "dense.pqf",
        ReportName = "report.html";

    /// <summary>The dense network's file.</summary>
    public string DensePath => Path.Combine(folder, DenseName);

    /// <summary>The page's file.</summary>
    public string ReportPath => Path.Combine(folder, ReportName);

    /// <summary>Networks, which are read back, tables and the page.</summary>
    /// <param name="result">What the dense network became.</param>
    /// <param name="overrides">As for the dense network.</param>
    public Result<DemoResult, PqfError> Write(DemoStudyResult result, NetworkOverrides overrides)
    {
        var (study, report) = result;
        return from compressed in CompressionOutput.Write(run, folder, study.Model, study.State, overrides)
            from stages in Tables.WriteStages(Path.Combine(folder, "stages.csv"), report)
            from steps in Tables.WriteSteps(Path.Combine(folder, "steps.csv"), report.Steps)
            from page in AtomicFile.WriteText(ReportPath, text => text.Write(ReportPage.Of(report)))
            select new DemoResult(
                [
                    .. report.Stages.Select(stage => new DemoStage(
                        stage.Name,
                        stage.SizeBits,
                        report.RatioOf(stage),
                        Share.Of(stage.Accuracy)
                    )),
                ],
                compressed,
                ReportPath,
                0
            );
    }
}
