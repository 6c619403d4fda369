using System.Diagnostics;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>The command that tries a card, on PoCL in its small sizes.</summary>
public sealed class GpuBenchTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Everything_that_a_card_is_tried_with_agrees_with_the_host()
    {
        string bench = Path.Combine(SharedData.Repository, "bench", "bin", "Release", "net10.0"),
            report = folder.File("gpu-report.md");
        string? program = Directory.Exists(bench)
            ? Directory.EnumerateFiles(bench, "Pqf.Bench.dll", SearchOption.AllDirectories).FirstOrDefault()
            : null;
        Assert.SkipWhen(program is null, "the benchmarks are not built");
        var start = new ProcessStartInfo("dotnet", [program, "gpu", "--device", "pocl", "--small", "--no-tests", "--report", report])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var cancellation = TestContext.Current.CancellationToken;
        var reading = process.StandardError.ReadToEndAsync(cancellation);
        string output = await process.StandardOutput.ReadToEndAsync(cancellation),
            errors = await reading;
        await process.WaitForExitAsync(cancellation);
        Assert.SkipWhen(errors.Contains("PoCL's OpenCL device is not installed", StringComparison.Ordinal), "PoCL is not installed");
        Assert.True(process.ExitCode == 0, $"{output}{errors}");
        string[] lines = await File.ReadAllLinesAsync(report, cancellation);
        Assert.Equal("All results agree with the host's.", lines[^1]);
        string[] headings = [.. lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..])];
        Assert.Equal(
            [
                "What the card can do",
                "Products of matrices",
                "Nearest centroid (256 of them)",
                "Networks, images of 224×224",
                "Steps of resnet18, batch 1, with a wait after each",
                "3×3 layers, gathered and by Winograd, with bias, residual and ReLU",
                "Their gradients",
                "Steps of training",
                "Kernels of a step, resnet18 of width 16 @28, dense, batch 8, threads 0, with a wait after each",
                "Mask R-CNN, photographs of 480×640",
            ],
            headings
        );
    }
}
