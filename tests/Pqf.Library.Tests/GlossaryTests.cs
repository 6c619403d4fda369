using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Pqf.Library.Tests;

/// <summary>Holds the project's text to plain English.</summary>
public sealed class GlossaryTests
{
    static readonly string[] Extensions = [".md", ".cs", ".csproj", ".props", ".yaml", ".yml", ".json", ".css"];

    static readonly string[] Folders = ["src", "tests", "properties", "bench", "samples", "docs", "config", ".github"];

    /// <summary>Phrases, and what to write in their place.</summary>
    public static TheoryData<string, string> Phrases =>
        new()
        {
            { "go(es)? on from", "resumes" },
            { "gone on with", "resumed" },
            { "so many of so many", "n of m" },
            { "so many times", "n times" },
            { "so many bits", "n bits" },
            { "if none is given", "by default; when omitted" },
            { "none is learnt from otherwise", "Omit it to train without distillation" },
            { "(is|are) no error", "is allowed" },
            { "is said to", "is passed, reports" },
            { "anew", "again" },
            { "of unknown upbringing", "whose preprocessing is unknown" },
            { "leaves, less itself", "x - x is 0 for finite x" },
            { "slow to come", "late threads" },
            { "how well the small ones classify", "the accuracy you keep" },
            { "a line says so", "a line reports it" },
        };

    [Theory]
    [MemberData(nameof(Phrases))]
    public void A_phrase_of_the_glossary_appears_nowhere(string phrase, string better)
    {
        var pattern = new Regex($@"\b{phrase.Replace(" ", @"[\s/]+", StringComparison.Ordinal)}\b", RegexOptions.IgnoreCase);
        var found = Files().Where(file => pattern.IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Repository(), file));
        Assert.True(!found.Any(), $"write \"{better}\": {string.Join(", ", found)}");
    }

    static IEnumerable<string> Files() =>
        Directory
            .EnumerateFiles(Repository())
            .Concat(
                Folders.SelectMany(folder =>
                    Directory
                        .EnumerateFiles(Path.Combine(Repository(), folder), "*", SearchOption.AllDirectories)
                        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
                )
            )
            .Where(file => Extensions.Contains(Path.GetExtension(file)) && Path.GetFileName(file) != "GlossaryTests.cs");

    static string Repository([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
