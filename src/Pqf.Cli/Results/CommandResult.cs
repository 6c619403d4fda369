using System.Text.Json.Serialization;

namespace Pqf.Cli.Results;

/// <summary>Something that a person reads as lines and a program as JSON. Both are made of the same values.</summary>
interface IShown
{
    /// <summary>The lines, for a person.</summary>
    IEnumerable<string> Lines();
}

/// <summary>What a command gave: the document of <c>--json</c>. The schemas in docs/schemas are made of these records.</summary>
abstract record CommandResult : IShown
{
    /// <summary>The command that a person may run next, on one line; DIR stands for a folder that is not known here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyOrder(1)]
    public string? Next { get; init; }

    /// <summary>Why the command failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyOrder(2)]
    public ErrorResult? Error { get; init; }

    /// <summary>The lines that were not shown while the command ran.</summary>
    public abstract IEnumerable<string> Lines();
}

/// <summary>A result that programs read from its lines, so that none is cut for a narrow terminal.</summary>
interface IProgramText;

/// <summary>A command that failed before it had a result.</summary>
sealed record FailureResult : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => [];
}

/// <summary>Why a command failed.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Kind"><c>failure</c>, <c>usage</c>, <c>bug</c> or <c>interrupted</c>.</param>
/// <param name="Messages">What is wrong, where, and what was expected; findings of one error follow it.</param>
sealed record ErrorResult(int Code, string Kind, IReadOnlyList<string> Messages);
