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
    [InlineData("commands.md", "run resnet18.pth imagenet-ccby/val/n02814533/25eef91443ded954.jpg --output out")]
    public void Pages_show_what_the_program_prints(string page, string line)
    {
        WriteInputs(line);
        string[] shown = Shown(page, line);
        // A failed command shows its error line too.
        var result = ProgramProcess.Shell(
            folder.Path,
            $"pqf {line} --device host{(line.StartsWith("inspect", StringComparison.Ordinal) ? "" : " --quiet")}"
        );
        string[] printed = (result.Code == ExitCode.Success ? result.Out : result.Error + result.Out).TrimEnd('\n').Split('\n');
        Assert.Matches(Pattern(shown), string.Join('\n', printed.Select(Masked)));
    }

    /// <summary>The lines of runs that take minutes, by runs of few iterations on small images: all but their numbers is held.</summary>
    [Theory]
    [InlineData("compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out", "--quiet")]
    [InlineData(
        "compress resnet18-dense.pth --preset resnet18-large --calibrate photographs --output small "
            + "--model.compression_parameters.k_means_n_iters 100 --model.sls_iterations 1000",
        "--preprocessing.resize 36 --preprocessing.crop 32"
    )]
    public void Pages_show_the_lines_that_a_long_compression_prints(string line, string settings)
    {
        WriteInputs(line);
        string quick = Regex.Replace(line, " --model.*", "");
        var result = ProgramProcess.Shell(
            folder.Path,
            $"pqf {quick} {settings} --model.compression_parameters.k_means_n_iters 1 --model.sls_iterations 20 --device host 2>&1"
        );
        Assert.True(result.Code == ExitCode.Success, result.Out);
        string[] printed = result.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(Shown("commands.md", line).Select(FormOf), printed.Where(row => !Unfinished().IsMatch(row)).Select(FormOf));
    }

    static string[] Shown(string page, string line) =>
        File.ReadAllText(Path.Combine(SharedData.Repository, "docs", page))
            .Split($"$ pqf {line}\n")[1]
            .Split("```")[0]
            .TrimEnd('\n')
            .Split('\n');

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
            if (name == "resnet18-dense.pth")
                Convert("resnet18", name, "--dense");
            else if (name == "resnet50.pth")
                Convert("resnet50_large", name, "--dense");
            else
                File.Copy(SharedData.Path($"published/{name}"), folder.File(name));
        if (line.Contains("out/resnet18.pqf", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(folder.File("out"));
            Convert("resnet18", "out/resnet18.pqf");
        }

        if (line.Contains("config/", StringComparison.Ordinal))
            Directory.CreateSymbolicLink(folder.File("config"), Path.Combine(SharedData.Repository, "config"));
        if (line.Contains(" photographs", StringComparison.Ordinal))
            WritePhotographs(SharedData.Path("data/calibration"));

        if (line.Contains("imagenet-ccby", StringComparison.Ordinal))
            Directory.CreateSymbolicLink(folder.File("imagenet-ccby"), SharedData.Path("data/imagenet-ccby"));
    }

    // With fewer than a hundred a line warns.
    void WritePhotographs(string source)
    {
        Directory.CreateDirectory(folder.File("photographs"));
        foreach (string path in Directory.GetFiles(source, "*.jpg").Order(StringComparer.Ordinal).Take(100))
            File.CreateSymbolicLink(folder.File($"photographs/{Path.GetFileName(path)}"), path);
    }

    void Convert(string published, string name, params string[] options) =>
        Assert.Equal(
            ExitCode.Success,
            Cli.Run(["convert", SharedData.Path($"published/{published}.pth"), folder.File(name), .. options]).Code
        );

    [GeneratedRegex(@"^\w[\w ]*: \d.* left$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^(speed|on|batch|output) |^ +\d+ +[\d.]+ ")]
    private static partial Regex Speed();

    [GeneratedRegex(@"\d[\d.,]*")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\b(\d+ min )?[\d.]+ s\b")]
    private static partial Regex Durations();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
