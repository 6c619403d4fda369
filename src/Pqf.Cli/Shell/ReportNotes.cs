using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Passes a job's progress on, and keeps its notes for the report: who reads the report has not seen the terminal.</summary>
/// <param name="progress">Where all goes.</param>
sealed class ReportNotes(IProgress<JobProgress> progress) : IProgress<JobProgress>
{
    const int MostSkippedNamed = 5;

    readonly List<string> notes = [];

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        if (value is JobProgress.Noted(var text))
            lock (notes) // threads that decode note too
                notes.Add(text);
        progress.Report(value);
    }

    /// <summary>The notes, each once, and a line for the images that were left out.</summary>
    /// <param name="skipped">Those that cannot be decoded; null where they are errors.</param>
    public IEnumerable<string> Lines(SkippedImages? skipped)
    {
        lock (notes)
            return [.. notes.Distinct(), .. skipped is { Count: > 0 } ? (string[])[LeftOut(skipped)] : []];
    }

    static string LeftOut(SkippedImages skipped)
    {
        string[] named = [.. skipped.Problems.Order(StringComparer.Ordinal).Take(MostSkippedNamed)];
        return $"Left out {Plural.Of(skipped.Count, "image")} that cannot be decoded: {string.Join("; ", named)}"
            + (skipped.Count > named.Length ? "; …" : "");
    }
}
