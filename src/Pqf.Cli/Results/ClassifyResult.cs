using System.Globalization;

namespace Pqf.Cli.Results;

/// <summary>What photographs show.</summary>
/// <param name="Images">In the order of the command line.</param>
sealed record ClassifyResult(IReadOnlyList<ClassifiedImage> Images) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => []; // each was shown when it came
}

/// <summary>What a photograph shows.</summary>
/// <param name="Path">The file.</param>
/// <param name="Classes">The most probable first.</param>
/// <param name="Problem">Why it could not be used; null where it could.</param>
sealed record ClassifiedImage(string Path, IReadOnlyList<ClassProbability> Classes, string? Problem) : IShown
{
    /// <inheritdoc/>
    public IEnumerable<string> Lines() =>
        Classes
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"  {100 * one.Probability, 6:0.00} %  {one.Name}"))
            .Prepend(Path);
}

/// <summary>How probable a class is.</summary>
/// <param name="Label">The class's number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Probability">From 0 to 1; null where the network's answer is not a number.</param>
sealed record ClassProbability(int Label, string Name, double? Probability);
