using System.Text.RegularExpressions;
using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

public sealed partial class ReadmeTests
{
    static readonly string Readme = Text("README.md"),
        Commands = Text("docs", "commands.md");

    [Fact]
    public void Every_command_and_every_exit_code_is_there()
    {
        Assert.All(AllCommands.Create(), entry => Assert.Contains(entry.Syntax.Name, Readme, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"| {(int)code} |", Commands, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_page_is_reached_and_every_link_leads_to_a_page()
    {
        string[] pages =
        [
            .. Directory.GetFiles(Path.Combine(SharedData.Repository, "docs"), "*.md").Select(page => Path.GetFileName(page)!),
        ];
        var links = pages
            .SelectMany(page => Links(Text("docs", page)).Select(link => Path.Combine("docs", link)))
            .Concat(Links(Readme))
            .Select(link => Path.GetFullPath(Path.Combine(SharedData.Repository, link)))
            .ToHashSet();
        Assert.All(links, link => Assert.True(Path.Exists(link), link));
        Assert.All(pages, page => Assert.Contains(Path.Combine(SharedData.Repository, "docs", page), links));
    }

    [Fact]
    public void Pages_for_users_name_no_folder_beside_the_checkout() =>
        Assert.All(
            Directory
                .GetFiles(Path.Combine(SharedData.Repository, "docs"), "*.md")
                .Append(Path.Combine(SharedData.Repository, "README.md")),
            page => Assert.DoesNotContain("../shared", File.ReadAllText(page), StringComparison.Ordinal)
        );

    static IEnumerable<string> Links(string text) =>
        Link().Matches(text).Select(match => match.Groups[1].Value).Where(link => !link.StartsWith("http", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();

    static string Text(params string[] path) => File.ReadAllText(Path.Combine([SharedData.Repository, .. path]));
}
