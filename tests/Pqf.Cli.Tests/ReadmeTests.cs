using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Nets.Execution;
using Pqf.Nets.Images;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

public sealed class ReadmeTests
{
    static readonly string Readme = File.ReadAllText(Path.Combine(SharedData.Repository, "README.md"));

    [Fact]
    public void Every_command_and_every_exit_code_is_there()
    {
        Assert.All(AllCommands.Create(), entry => Assert.Contains(entry.Syntax.Name, Readme, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"| {(int)code} |", Readme, StringComparison.Ordinal));
    }

    [Fact]
    public void The_librarys_example_is_the_code_below()
    {
        string source = File.ReadAllText(Path.Combine(SharedData.Repository, "tests", "Pqf.Cli.Tests", "ReadmeTests.cs"));
        string example = Readme.Split("```csharp\n")[1].Split("```")[0];
        Assert.All(example.Split('\n'), line => Assert.Contains(line, source, StringComparison.Ordinal));
    }

    [Fact]
    public void The_librarys_example_classifies()
    {
        using var folder = new TemporaryFolder();
        TestNetworks.Write(folder.File("dense.safetensors"));
        Cli.Run(
            "convert",
            folder.File("dense.safetensors"),
            folder.File("x.pqf"),
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32"
        );
        Assert.InRange(Example(folder.File("x.pqf"), 40, 48, [.. Enumerable.Range(0, 40 * 48 * 3).Select(i => (byte)(i * 37))]), 0, 9);
    }

    static int Example(string path, int height, int width, byte[] rgb)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Network.Load(path, device).ValueOrThrow();
        Shape shape = [1, network.Preprocessing.Crop, network.Preprocessing.Crop, network.Preprocessing.Channels];
        var plan = InferencePlan.Compile(network.Graph, network.Parameters, device, shape);
        float[] input = Preprocess.ToInput(new PixelImage(height, width, 3, rgb), network.Preprocessing);
        float[] logits = plan.Run(Tensor<float>.From(device, shape, input)).ToArray();
        int best = Ranking.Top(logits, 1)[0];
        return best;
    }
}
