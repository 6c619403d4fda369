using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

/// <summary>What the pages show below a command is what the program prints for it. A line of <c>…</c> stands for any lines.</summary>
public sealed partial class DocumentedOutputTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("scripting.md", "inspect absent.pqf --json")]
    [InlineData("commands.md", "inspect resnet18_large.pth")]
    [InlineData("commands.md", "compress resnet18-dense.pth --dry-run")]
    [InlineData("commands.md", "classify resnet18.pth imagenet-ccby/val/n02814533/25eef91443ded954.jpg")]
    [InlineData("commands.md", "evaluate --weights resnet50_large.pth --dataloader.imagenet_path imagenet-ccby")]
    [InlineData("commands.md", "compare resnet18.pth resnet18_large.pth --data imagenet-ccby")]
    [InlineData("commands.md", "bench out/resnet18.pqf")]
    public void Pages_show_what_the_program_prints(string page, string line)
    {
        WriteInputs(line);
        string text = File.ReadAllText(Path.Combine(SharedData.Repository, "docs", page));
        string[] shown = text.Split($"$ pqf {line}\n")[1].Split("```")[0].TrimEnd('\n').Split('\n');
        // A failed command shows its error line too.
        var result = ProgramProcess.Shell(
            folder.Path,
            $"pqf {line} --device host{(line.StartsWith("inspect", StringComparison.Ordinal) ? "" : " --quiet")}"
        );
        string[] printed = (result.Code == ExitCode.Success ? result.Out : result.Error + result.Out).TrimEnd('\n').Split('\n');
        Assert.Matches(Pattern(shown), string.Join('\n', printed.Select(Masked)));
    }

    /// <summary>A line without its numbers and durations, and with one space for several.</summary>
    public static string FormOf(string line) => Numbers().Replace(Durations().Replace(Spaces().Replace(line.TrimEnd(), " "), "# s"), "#");

    /// <summary>The shown lines as an expression that fits what is printed.</summary>
    static string Pattern(IEnumerable<string> shown) =>
        $"^{string.Join("\n", shown.Select(line => line == "…" ? "(?:.|\n)*" : Regex.Escape(Masked(line))))}$";

    // Speed is the machine's, and so is the number of threads; columns are as wide as their numbers.
    static string Masked(string line) => Speed().IsMatch(line) ? FormOf(line) : line.TrimEnd();

    void WriteInputs(string line)
    {
        foreach (string name in line.Split(' ').Where(word => word.EndsWith(".pth", StringComparison.Ordinal)))
            if (name != "resnet18-dense.pth")
                File.Copy(SharedData.Path($"published/{name}"), folder.File(name));
            else
                Convert(name, "--dense");
        if (line.Contains("out/resnet18.pqf", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(folder.File("out"));
            Convert("out/resnet18.pqf");
        }

        if (line.Contains("imagenet-ccby", StringComparison.Ordinal))
            Directory.CreateSymbolicLink(folder.File("imagenet-ccby"), SharedData.Path("data/imagenet-ccby"));
    }

    void Convert(string name, params string[] options) =>
        Assert.Equal(ExitCode.Success, Cli.Run(["convert", SharedData.Path("published/resnet18.pth"), folder.File(name), .. options]).Code);

    [GeneratedRegex(@"^(speed|on|batch) |^ +\d+ +[\d.]+ ")]
    private static partial Regex Speed();

    [GeneratedRegex(@"\d[\d.,]*")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\b(\d+ min )?[\d.]+ s\b")]
    private static partial Regex Durations();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
