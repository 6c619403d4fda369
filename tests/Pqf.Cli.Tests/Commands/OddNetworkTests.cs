using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Networks that are no classifiers, or hardly networks.</summary>
public sealed class OddNetworkTests : IDisposable
{
    static readonly string[] Quick =
    [
        "--search",
        "greedy",
        "--model.compression_parameters.k",
        "16",
        "--model.compression_parameters.k_means_n_iters",
        "1",
        "--device",
        "host",
    ];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("compress {0} --output {1}")]
    [InlineData("compress {0} --output {1} --dry-run")]
    [InlineData("compress {0} --output {1} --target-size 1kB")]
    [InlineData("compress {0} --output {1} --format onnx")]
    [InlineData("convert {0} {1}.pqf")]
    [InlineData("convert {0} {1}.onnx --dense")]
    [InlineData("run {0} {2} --output {1}")]
    [InlineData("bench {0}")]
    [InlineData("train {0} --data {2} --output {1}")]
    [InlineData("evaluate {0} --data {2} --output {1}")]
    public void A_model_without_weights_is_refused_in_one_line(string command)
    {
        string model = Write(graph => graph.Relu(graph.Input(3)));
        TestNetworks.WriteImages(folder.File("images/train"));
        TestNetworks.WriteImages(folder.File("images/val"));
        var result = Cli.Run(string.Format(null, command, model, folder.File("out"), folder.File("images")).Split(' '));
        Assert.Equal(
            (ExitCode.Failure, $"error: {model}: holds no weights; expected a network with weights to compress or to run", ""),
            (result.Code, result.ErrorLine, result.Out)
        );
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void A_model_without_weights_is_inspected_all_the_same()
    {
        var result = Cli.Run("inspect", Write(graph => graph.Relu(graph.Input(3))));
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("holds no weights", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compress {0} --output {1}")]
    [InlineData("compress {0} --output {1} --calibrate {2}")]
    [InlineData("compress {0} --output {1} --target-size 90kB")]
    public void A_network_none_of_whose_layers_gets_codes_is_written_with_a_report(string command)
    {
        TestNetworks.WriteImages(folder.File("images"));
        string[] ignored = ["--model.compression_parameters.ignored_modules", "stem,depthwise,project,head", .. Quick];
        string model = TestGraphFiles.WriteOnnx(folder.File("net.onnx"));
        string[] words = string.Format(null, command, model, folder.File("out"), folder.File("images")).Split(' ');
        var result = Cli.Run([.. words, .. ignored]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Contains(result.Lines, line => line.StartsWith("quantised 0 layers", StringComparison.Ordinal));
        Assert.True(File.Exists(folder.File("out/report.html")));
    }

    [Theory]
    [InlineData(3, "", "compress {0} --output {1} --model.compression_parameters.k_means_n_iters 1 --calibrate DIR")]
    [InlineData(3, "--calibrate {2}", "run {1}/net.pqf DIR")]
    [InlineData(4, "", "run {1}/net.pqf VALUES.npy")]
    public void What_may_be_done_next_takes_a_network_that_is_no_classifier(int channels, string more, string expected)
    {
        TestNetworks.WriteImages(folder.File("images"));
        string model = Write(graph => Body(graph, channels));
        string Placed(string text) => string.Format(null, text, model, folder.File("out"), folder.File("images"));
        const string Compress = "compress {0} --output {1} --model.compression_parameters.k_means_n_iters 1 ";
        var result = Cli.Run(Placed(Compress + more).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string next = Regex.Match(result.Error, "\nnext     pqf (.*)\n$").Groups[1].Value;
        Assert.Equal(Placed(expected), next);
        Assert.DoesNotMatch("pqf (train|evaluate|compare)|labelled", result.Error);
        string input = next.EndsWith(".npy", StringComparison.Ordinal) ? WriteValues(channels) : folder.File("images");
        var following = Cli.Run([
            .. next.Split(' ')[..^1],
            input,
            .. next.StartsWith("run", StringComparison.Ordinal) ? (string[])["--output", folder.File("given")] : [],
        ]);
        Assert.True(following.Code == ExitCode.Success, following.Error);
    }

    static void Body(GraphBuilder graph, int channels)
    {
        var padded = new Conv2dOptions { Padding = 1 };
        int x = graph.Relu(graph.Conv2d(graph.Input(channels), "first", 16, 3, padded));
        graph.Conv2d(graph.Relu(graph.Conv2d(x, "second", 16, 3, padded)), "third", 2, 3, padded);
    }

    string WriteValues(int channels)
    {
        string path = folder.File("values.npy");
        float[] values = new float[channels * TestGraphFiles.Side * TestGraphFiles.Side];
        Tensors
            .Formats.NpyFile.Write(
                path,
                Tensors.Formats.StoredTensor.FromSingles("x", [1, channels, TestGraphFiles.Side, TestGraphFiles.Side], values)
            )
            .Value();
        return path;
    }

    string Write(Action<GraphBuilder> build)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var builder = new GraphBuilder();
        build(builder);
        var graph = builder.Build();
        int channels = graph.Nodes.OfType<Nets.Layers.InputLayer>().Single().Channels;
        string path = folder.File("net.onnx");
        OnnxWriter
            .Write(
                path,
                graph,
                GeneratedWeights.Parameters(graph, host, "graph"),
                [1, TestGraphFiles.Side, TestGraphFiles.Side, channels],
                new Dictionary<string, string>(),
                new OnnxModelNames("pixels", [new("values", graph.Output)])
            )
            .Value();
        return path;
    }
}
