using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Guards;

/// <summary>Pins the bytes of the program's output files: a change of the code that should not change results leaves these hashes as they
/// are.</summary>
/// <remarks>
/// A change that is meant to change results replaces the literals by the lines that the failed test prints. The literals are those of .NET
/// 10 on x64 with FMA. They depend on
/// the width of the host's vectors, but not on the number of threads. A processor with AVX-512 tests both widths: 256 bits in child
/// processes.
/// </remarks>
[Trait("Speed", "Slow")]
public sealed partial class OutputGuardTests(GuardInputs inputs) : IClassFixture<GuardInputs>
{
    /// <summary>The switch of .NET 10. Earlier ones had DOTNET_EnableAVX512F, which .NET 10 ignores.</summary>
    const string Avx512Switch = "DOTNET_EnableAVX512";

    // Produced by: this test. Four files of pqf compress; then a state and a network of pqf train-resnet. Compression gives the same bits
    // for both widths; training does not.
    static readonly string[] Compressed =
    [
        "resnet20.onnx f9554311a5ea59b8d600b504c640f20ae2d3f70edf07d341c7c8dc576be6e7aa",
        "resnet20.pqf 812e5e09d5c786fe2804271e9625cf65c1bc7dd7d2d26c2385a601fa5b4a92c7",
        "resnet20.pth d95d4933777dd5a5a2447f113dc72bcb9a07e266622cf29809eb49f37d536a13",
        "resnet20.safetensors 76f10751a05dbbbb71342bac230bb8b8c4236f2fedb840657c9c4215f70e27b7",
    ];

    static readonly string[] Trained512 =
    [
        "states/1.state abac29b7f41f2c87dbcc65c02ed6944948ab0e44b52760b0b3a05778951e5381",
        "trained_models/1.pth 2f9d0fc08246427ef9806e78955ca2cbc5cf5759cbf3e511ba9efb07f2c88b65",
    ];

    static readonly string[] Trained256 =
    [
        "states/1.state 1cccca72618936c7ff37721c745f51177a7c06fd0ae445298697e5edfd3a9897",
        "trained_models/1.pth d7a3b187cd14723876f3d5a0683c1430ca08388c184e73206ef58e692e7fffd9",
    ];

    [Theory]
    [InlineData(512, 1)]
    [InlineData(512, 2)]
    [InlineData(256, 1)]
    [InlineData(256, 2)]
    public void Compressed_and_trained_networks_of_the_demo_have_the_pinned_bytes(int width, int threads)
    {
        SkipWithout(width);
        string compressed = inputs.Output($"compressed-{width}-{threads}"),
            trained = inputs.Output($"trained-{width}-{threads}");
        Run(
            width,
            ["compress", "--output", compressed, "--format", "pqf,pth,safetensors,onnx", .. Settings(threads)],
            [
                "train-resnet",
                "--output",
                trained,
                "--distill",
                inputs.Weights,
                "--dataloader.idx_path",
                inputs.Images,
                "--dataloader.batch_size",
                "16",
                .. Settings(threads),
            ]
        );
        string[] expected = [.. Compressed, .. width == 512 ? Trained512 : Trained256];
        string[] actual = [.. Lines(compressed, Compressed), .. Lines(trained, Trained512)];
        Assert.True(
            expected.SequenceEqual(actual),
            $"Expected:\n{string.Join('\n', expected.Except(actual))}\ngot:\n{string.Join('\n', actual.Except(expected))}"
        );
    }

    static void SkipWithout(int width)
    {
        Assert.SkipUnless(
            Vector256.IsHardwareAccelerated,
            "the processor has neither AVX-512 nor AVX2, and the hashes are pinned for these"
        );
        Assert.SkipWhen(width == 512 && !Vector512.IsHardwareAccelerated, "the processor has no AVX-512, or it is switched off");
    }

    /// <summary>The demo's settings with fewer iterations.</summary>
    string[] Settings(int threads) =>
        [
            "--config",
            Path.Combine(SharedData.Repository, "config", "demo.yaml"),
            "--weights",
            inputs.Weights,
            "--device",
            "host",
            "--seed",
            "1",
            "--threads",
            $"{threads}",
            "--quiet",
            "--model.compression_parameters.k_means_n_iters",
            "3",
            "--model.sls_iterations",
            "100",
        ];

    /// <summary>Runs commands in this process if its vectors have the width, else at the same time in processes without AVX-512.</summary>
    static void Run(int width, params string[][] commands)
    {
        if (width == (Vector512.IsHardwareAccelerated ? 512 : 256))
            Assert.All(
                commands.Select(command => Cli.Run(command)),
                result => Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error))
            );
        else
            Assert.Equal(commands.Select(_ => (0, "")), commands.Select(Start).ToArray().Select(Finish));
    }

    static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Avx512Switch] = "0";
        return Process.Start(start)!;
    }

    /// <summary>Exit code and errors.</summary>
    static (int Code, string Error) Finish(Process process)
    {
        using (process)
        {
            process.StandardOutput.ReadToEnd(); // a few lines: both pipes hold what --quiet leaves
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, error);
        }
    }

    static IEnumerable<string> Lines(string folder, string[] expected) =>
        expected.Select(line => line.Split(' ')[0]).Select(name => $"{name} {Hash(Path.Combine(folder, name))}");

    /// <summary>SHA-256 of a file without what may differ from run to run.</summary>
    static string Hash(string path) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(Steady(Encoding.Latin1.GetString(File.ReadAllBytes(path))))));

    /// <summary>The text of a file with its layer_specs in order of their names, and 0 for each digit of the program's version.</summary>
    /// <remarks>The metadata of <c>.pqf</c>, <c>.state</c> and <c>.onnx</c> list layer_specs in the order of a hash table, which differs
    /// from process to process.</remarks>
    static string Steady(string text) =>
        Version()
            .Replace(
                LayerSpecs()
                    .Replace(
                        text,
                        match => string.Join(',', LayerSpec().Matches(match.Value).Select(spec => spec.Value).Order(StringComparer.Ordinal))
                    ),
                match => Digit().Replace(match.Value, "0")
            );

    // A quotation mark within JSON is " in ONNX files and \u0022 in safetensors headers, where JSON stands within JSON.
    [GeneratedRegex("""(?<=layer_specs(?:"|\\u0022):\{)(?:(?:"|\\u0022)[\w.]+(?:"|\\u0022):\{[^{}]*\},?)+(?=\})""")]
    private static partial Regex LayerSpecs();

    [GeneratedRegex(@"[^,{}]+:\{[^{}]*\}")]
    private static partial Regex LayerSpec();

    [GeneratedRegex("""(?<=tool_version(?:"|\\u0022):(?:"|\\u0022))[0-9.]+""")]
    private static partial Regex Version();

    [GeneratedRegex("[0-9]")]
    private static partial Regex Digit();
}
