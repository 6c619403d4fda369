using System.Collections.Immutable;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Tensors;

namespace Pqf.Cli.Demo;

/// <summary>Writes what a demo gave.</summary>
/// <param name="run">Formats and terminal.</param>
/// <param name="folder">Where files go.</param>
sealed class DemoOutput(RunContext run, string folder)
{
    const string DenseName = "dense.pqf",
        StagesName = "stages.csv",
        StepsName = "steps.csv";

    /// <summary>Names of the files that are written beside the compressed network's.</summary>
    public static ImmutableArray<string> Names { get; } = [DenseName, StagesName, StepsName, .. ReportFiles.Names];

    /// <summary>The dense network's file.</summary>
    public string DensePath => Path.Combine(folder, DenseName);

    /// <summary>Networks, which are read back, tables and the page.</summary>
    /// <param name="result">What the dense network became.</param>
    /// <param name="overrides">As for the dense network.</param>
    public Result<(DemoResult Result, FilesBeside Files), PqfError> Write(DemoStudyResult result, NetworkOverrides overrides)
    {
        var (study, report) = result;
        return CompressionOutput
            .Write(run, folder, study.Model, new Compressed(study.Model, study.State), overrides)
            .Map(compressed =>
            {
                var files = FilesBeside
                    .Write(
                        (Path.Combine(folder, StagesName), path => Tables.WriteStages(path, report)),
                        (Path.Combine(folder, StepsName), path => Tables.WriteSteps(path, report.Steps))
                    )
                    .And(ReportFiles.Write(folder, () => StudyPage.Of(report)));
                var stages = report.Stages.Select(stage => new DemoStage(
                    stage.Name,
                    stage.SizeBits,
                    report.RatioOf(stage),
                    Share.Of(stage.Accuracy)
                ));
                return (new DemoResult([.. stages], compressed.Result, ReportFiles.PageOf(files), 0), compressed.Files.And(files));
            });
    }
}
