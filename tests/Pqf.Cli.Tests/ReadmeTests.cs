using System.Text.RegularExpressions;
using Pqf.Cli.Commands;
using Pqf.Cli.Configuration;
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
        Assert.All(Pages(), page => Assert.DoesNotContain("../shared", File.ReadAllText(page), StringComparison.Ordinal));

    /// <summary>Every line of README and docs that starts the program.</summary>
    public static TheoryData<string> Lines =>
        [
            .. Pages()
                .SelectMany(page => Program().Matches(File.ReadAllText(page).Replace("\\\n", " ", StringComparison.Ordinal)))
                .Select(match => match.Groups[1].Value.Trim())
                .Distinct(),
        ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_program_takes_each_line(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // Unknown commands and options are errors before help is shown.
        var result = Cli.Run([.. words, "--help"]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string[] known = [.. ConfigLoader.KnownKeys()];
        Assert.All(
            words.Where(word => word.StartsWith("--", StringComparison.Ordinal) && word.Contains('.', StringComparison.Ordinal)),
            word => Assert.Contains(word[2..], known)
        );
        Assert.All(
            words.Where(word => word.StartsWith("config/", StringComparison.Ordinal)),
            file => Assert.True(File.Exists(Path.Combine(SharedData.Repository, file)), file)
        );
    }

    [Fact]
    public void The_demo_prints_the_same_on_both_pages()
    {
        Assert.Equal(Demo(Commands), Demo(Readme));
        static string Demo(string page) => page.Split("$ pqf demo\n")[1].Split("```")[0];
    }

    static IEnumerable<string> Pages() =>
        Directory
            .GetFiles(Path.Combine(SharedData.Repository, "docs"), "*.md")
            .Append(Path.Combine(SharedData.Repository, "README.md"))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^(?:\$ )?(?:mpirun -np \d+ )?pqf ([a-z][^|#…\n]*)", RegexOptions.Multiline)]
    private static partial Regex Program();

    static IEnumerable<string> Links(string text) =>
        Link().Matches(text).Select(match => match.Groups[1].Value).Where(link => !link.StartsWith("http", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();

    static string Text(params string[] path) => File.ReadAllText(Path.Combine([SharedData.Repository, .. path]));
}
