using System.Collections.Immutable;
using Pqf.Compression.Reporting;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Shell;

/// <summary>The report of a run, as a page and as a text to paste.</summary>
static class ReportFiles
{
    /// <summary>The page.</summary>
    public const string PageName = "report.html";

    /// <summary>The text.</summary>
    public const string TextName = "report.md";

    /// <summary>Names of both files.</summary>
    public static ImmutableArray<string> Names { get; } = [PageName, TextName];

    /// <summary>The line that names the page; none where there is none.</summary>
    public static IEnumerable<string> Lines(string? page) => page is null ? [] : [$"report   {page}"];

    /// <summary>The page among files that were written; null if it is not.</summary>
    public static string? PageOf(FilesBeside files) => files.Paths.FirstOrDefault(path => Path.GetFileName(path) == PageName);

    /// <summary>Writes both.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="report">Made when it is written.</param>
    public static FilesBeside Write(string folder, Func<Report> report)
    {
        var made = new Lazy<Report>(report);
        return FilesBeside.Write(
            (Path.Combine(folder, PageName), path => AtomicFile.WriteText(path, text => text.Write(ReportPage.Of(made.Value)))),
            (Path.Combine(folder, TextName), path => AtomicFile.WriteText(path, text => text.Write(ReportMarkdown.Of(made.Value))))
        );
    }
}
