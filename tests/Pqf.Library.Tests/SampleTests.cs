using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Pqf.Library.Tests;

/// <summary>Runs the programs in <c>samples</c>.</summary>
public sealed partial class SampleTests : IDisposable
{
    readonly TestFiles files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/library.md")]
    public void The_example_of_a_page_is_the_sample_of_ten_lines(string page)
    {
        string example = File.ReadAllText(Path.Combine(Repository(), page)).Split("```csharp\n")[1].Split("```")[0];
        string sample = File.ReadAllText(Path.Combine(Repository(), "samples", "TenLines", "Program.cs"));
        Assert.Equal(sample, example);
        Assert.InRange(sample.TrimEnd().Split('\n').Length, 1, 10);
    }

    [Fact]
    public async Task Ten_lines_compress_and_classify()
    {
        string output = await Run("TenLines", files.Dense, files["data/train"], files.Photograph);
        Assert.Matches(@"^\d+\.\d times smaller\n( *\d+\.\d %  (bird|cat|dog)\n){3}$", output);
        Assert.True(File.Exists(files["small.pqf"]));
    }

    [Fact]
    public async Task A_network_is_compressed_with_progress()
    {
        string output = await Run("CompressWithProgress", files.Dense, files["out.pqf"], files["data/train"], "8");
        Assert.Contains("times smaller", output, StringComparison.Ordinal);
        using var small = ImageNetwork.Load(files["out.pqf"], 1);
        Assert.True(small.Ratio >= 8, $"{small.Ratio}");
    }

    [Fact]
    public async Task A_network_is_fine_tuned_on_a_folder()
    {
        string output = await Run("FineTune", files.Dense, files["data"], files["run"], "1");
        Assert.Contains("epoch 1, accuracy", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_of_ones_own_runs_in_a_network()
    {
        string output = await Run("OwnFunction");
        var figures = Regex.Match(output, @"^compiled and recorded differ by (\S+) at most\ngradient of 432 weights, the largest (\S+)\n$");
        double[] values = [.. figures.Groups.Values.Skip(1).Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture))];
        // Rounding of sums of at most 144 products.
        Assert.InRange(values[0], 0, 1e-5);
        Assert.InRange(values[1], 1e-3, 1e3);
    }

    [Fact]
    public async Task Objects_are_found_in_a_folder_and_drawn()
    {
        string output = await Run("DetectFolder", files.Detector(), files["data/train/bird"], files["drawn"], "0");
        Assert.Matches(@"^(\S+\.png  \d+ ?%  .+\n)+$", output);
        Assert.Equal(
            Directory.EnumerateFiles(files["data/train/bird"]).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(files["drawn"]).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_web_service_classifies_uploads()
    {
        using var process = Start("WebClassifier", "--network", files.Dense, "--urls", "http://127.0.0.1:0");
        try
        {
            using var client = new HttpClient { BaseAddress = await Address(process) };
            while ((await client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation)).StatusCode != HttpStatusCode.OK)
                await Task.Delay(50, Cancellation);
            using var photograph = new ByteArrayContent(await File.ReadAllBytesAsync(files.Photograph, Cancellation));
            var answer = await client.PostAsync(new Uri("/classify", UriKind.Relative), photograph, Cancellation);
            var guesses = await answer.Content.ReadFromJsonAsync<Prediction[]>(Cancellation);
            Assert.Equal(TestFiles.Classes, guesses!.Select(guess => guess.Name).Order());
            Assert.Equal(
                await File.ReadAllTextAsync(Path.Combine(Repository(), "samples", "WebClassifier", "index.html"), Cancellation),
                await client.GetStringAsync(new Uri("/", UriKind.Relative), Cancellation)
            );
            using var text = new ByteArrayContent([1, 2, 3]);
            answer = await client.PostAsync(new Uri("/classify", UriKind.Relative), text, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
        finally
        {
            process.Kill(true);
        }
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    async Task<string> Run(string sample, params string[] arguments)
    {
        using var process = Start(sample, arguments);
        // Read together: a full pipe would stop the process.
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        string output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, await errors);
        return output.ReplaceLineEndings("\n");
    }

    Process Start(string sample, params string[] arguments)
    {
        // Beside this assembly's own folder: .../tests/Pqf.Library.Tests/bin/CONFIGURATION/FRAMEWORK
        string[] own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        string file = Path.Combine(Repository(), "samples", sample, "bin", own[^2], own[^1], $"{sample}.dll");
        return Process.Start(
            new ProcessStartInfo("dotnet", [file, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = files[""],
            }
        )!;
    }

    static async Task<Uri> Address(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            if (Listening().Match(line) is { Success: true } match)
                return new(match.Groups[1].Value);
        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Cancellation));
    }

    [GeneratedRegex(@"Now listening on: (\S+)")]
    private static partial Regex Listening();

    static string Repository([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
