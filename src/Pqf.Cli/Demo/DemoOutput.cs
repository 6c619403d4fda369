using System.Collections.Immutable;
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
    public Result<Unit, PqfError> Write(DemoResult result, NetworkOverrides overrides)
    {
        var (study, report) = result;
        return CompressionOutput
            .Write(run, folder, study.Model, study.State, overrides)
            .Bind(_ => Tables.WriteStages(Path.Combine(folder, "stages.csv"), report))
            .Bind(_ => Tables.WriteSteps(Path.Combine(folder, "steps.csv"), report.Steps))
            .Bind(_ => AtomicFile.WriteText(ReportPath, text => text.Write(ReportPage.Of(report))))
            .Map(_ => Print(report));
    }

    Unit Print(CompressionReport report)
    {
        run.WriteLine("");
        foreach (string line in Table(report).Lines())
            run.WriteLine(line);
        run.WriteLine("");
        return default;
    }

    static Table Table(CompressionReport report) =>
        new(
            ["network", " size", " ratio", " accuracy", " 95 % interval"],
            [
                .. report.Stages.Select(stage =>
                    ImmutableArray.Create(
                        stage.Name,
                        Figures.MebiBytes(stage.SizeBits),
                        Figures.Ratio(report.RatioOf(stage)),
                        Figures.Percent(stage.Accuracy.Value),
                        Figures.Interval(stage.Accuracy)
                    )
                ),
            ]
        );
}
