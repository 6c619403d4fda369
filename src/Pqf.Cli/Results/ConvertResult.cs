using Pqf.Compression.Reporting;

namespace Pqf.Cli.Results;

/// <summary>A network in another format.</summary>
/// <param name="File">The file written.</param>
/// <param name="Format">Its kind, as its name ends.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="NotKept">What the file does not keep of the network; null where it keeps all.</param>
sealed record ConvertResult(string File, string Format, long SizeBytes, string? NotKept) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => []; // the file is the result

    /// <summary>Lines beside the result.</summary>
    public IEnumerable<string> Notes() =>
        [$"wrote {File} ({Figures.Count(SizeBytes)} bytes)", .. NotKept is null ? [] : (string[])[NotKept]];
}
