using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>The raw outputs of a network.</summary>
/// <param name="Outputs">In the network's order.</param>
sealed record RunResult(IReadOnlyList<OutputFile> Outputs) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        new Table(["output", "shape", " least", " largest", "file"], [.. Outputs.Select(output => output.Row())]).Lines();
}

/// <summary>An output.</summary>
/// <param name="Name">As the network calls it.</param>
/// <param name="Shape">Its lengths, the batch first.</param>
/// <param name="Least">Its least value; null where that is not a finite number, or there is none.</param>
/// <param name="Largest">Its largest value; null as the least one.</param>
/// <param name="File">The .npy file that holds it.</param>
/// <param name="LeastText">The least value for a person.</param>
/// <param name="LargestText">The largest value for a person.</param>
sealed record OutputFile(
    string Name,
    IReadOnlyList<int> Shape,
    double? Least,
    double? Largest,
    string File,
    [property: System.Text.Json.Serialization.JsonIgnore] string LeastText,
    [property: System.Text.Json.Serialization.JsonIgnore] string LargestText
)
{
    /// <summary>Describes an output.</summary>
    public static OutputFile Of(string name, Shape shape, float[] values, string file)
    {
        // A NaN among the values is what is shown.
        float? least = values.Length == 0 ? null : values.Aggregate(float.Min),
            largest = values.Length == 0 ? null : values.Aggregate(float.Max);
        return new(name, shape.AsSpan().ToArray(), Finite.OrNull(least), Finite.OrNull(largest), file, Text(least), Text(largest));
    }

    internal ImmutableArray<string> Row() => [Name, $"[{string.Join(", ", Shape)}]", LeastText, LargestText, File];

    static string Text(float? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";
}
