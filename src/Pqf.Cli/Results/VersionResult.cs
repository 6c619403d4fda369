using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Pqf.Cli.Results;

/// <summary>Which program this is.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Commit">The source that it was built from; null where the build did not know.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Platform">The system and processor that it runs on.</param>
sealed record VersionResult(string Version, string? Commit, string Runtime, string Platform) : CommandResult
{
    const int ShownCommitLength = 12;

    /// <summary>Of this process.</summary>
    public static VersionResult Current()
    {
        // The build writes version+commit.
        string[] parts = (
            typeof(VersionResult).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? ""
        ).Split('+', 2);
        return new(
            Shell.HelpText.Version,
            parts.Length == 2 ? parts[1] : null,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.RuntimeIdentifier
        );
    }

    /// <summary>The program alone: equal for equal sources.</summary>
    [JsonIgnore]
    public string Program => $"pqf {Version} {Commit}";

    /// <inheritdoc/>
    public override IEnumerable<string> Lines()
    {
        string commit = Commit is null ? "" : $" (commit {Commit[..Math.Min(ShownCommitLength, Commit.Length)]})";
        return [$"pqf {Version}{commit}, {Runtime}, {Platform}"];
    }
}
