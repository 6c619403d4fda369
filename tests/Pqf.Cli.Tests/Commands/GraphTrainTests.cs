using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary><c>pqf train</c> and <c>evaluate</c> on networks of a graph of their own.</summary>
public sealed class GraphTrainTests : IDisposable
{
    static readonly string[] Settings =
    [
        "--model.compress",
        "false",
        "--preprocessing.resize",
        "8",
        "--preprocessing.crop",
        "8",
        "--dataloader.batch_size",
        "8",
        "--learning_rate",
        "0.01",
        "--device",
        "host",
    ];

    readonly TemporaryFolder folder = new();
    readonly string model;

    public GraphTrainTests()
    {
        IdxFiles.Write(folder.File("idx"), 44, 12);
        model = TestGraphFiles.WritePqf(folder.File("small.pqf"));
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_network_from_ONNX_learns_classes_of_its_own_and_keeps_its_softmax(bool isRandom)
    {
        string path = TestGraphFiles.WriteOnnx(folder.File("small.onnx"));
        var result = Train(
            "train",
            path,
            "out",
            "--epochs",
            "8",
            "--model.class_count",
            "3",
            "--model.random_weights",
            isRandom ? "true" : "false"
        );
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{path}: the network ends in a softmax; it is trained on the values before it, and keeps it\n", result.Error);
        Assert.Contains($"{path}: the model is written for images of 16 × 16 pixels; it is read for 8 × 8\n", result.Error);
        Assert.Contains(
            isRandom
                ? $"{path}: all weights begin as random ones; the file gives the network alone\n"
                : $"{path}: head begins with random weights, for 3 classes: class 0, class 1, class 2\n",
            result.Error
        );
        double[] losses =
        [
            .. File.ReadAllLines(folder.File("out/metrics.csv"))
                .Skip(1)
                .Select(row => double.Parse(row.Split(',')[1], CultureInfo.InvariantCulture)),
        ];
        // The entropy of three classes is ln 3 = 1.0986.
        Assert.True(losses[^1] < 1.05, $"loss {losses[^1]}");
        string trained = folder.File("out/trained_models/8.pqf");
        var measured = Cli.Run("evaluate", "--quiet", "--weights", trained, "--dataloader.idx_path", folder.File("idx"));
        Assert.Equal((ExitCode.Success, ""), (measured.Code, measured.Error));
        Assert.Contains("network  small, 3 classes, images of 8×8, colour (pqf, version 2)", measured.Out, StringComparison.Ordinal);
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        Assert.IsType<SoftmaxLayer>(Network.Load(trained, host).Value().Graph.Nodes[^1]);
    }

    [Fact]
    public void Norms_train_and_their_statistics_follow_the_images()
    {
        Train("train", model, "out", "--epochs", "1");
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        Network before = Load("out/trained_models/0.pth"),
            after = Load("out/trained_models/1.pth");
        foreach (var spec in ParameterSpecs.Of(after.Graph).Where(spec => spec.Role is not ParameterRole.RunningMean))
            Assert.NotEqual(Values(before, spec.Name), Values(after, spec.Name));

        // Read as the network that the .pqf beside it describes: a .pth holds tensors alone.
        Network Load(string name)
        {
            using var file = Tensors.Formats.TensorFiles.Open(folder.File(name)).Value();
            var graph = Network.Load(folder.File("out/trained_models/1.pqf"), host).Value();
            var parameters = StateDict.Load(graph.Graph, NamedTensors.AsTheyAre(file), host).Value().Parameters;
            return graph with { Model = graph.Model with { Parameters = parameters } };
        }

        static float[] Values(Network network, string name) => network.Parameters[name].Decode().ToArray();
    }

    [Fact]
    public void A_compressed_network_of_a_graph_is_fine_tuned()
    {
        Train("train", model, "dense", "--epochs", "1");
        var result = Train(
            "train",
            folder.File("dense/trained_models/best.pqf"),
            "small",
            ["--model.compress", "true", "--epochs", "1", .. TestImages.QuickCompression]
        );
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("(compressed)", result.Lines[2], StringComparison.Ordinal);
        Assert.Contains("calibrated  validation loss ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_old_names_do_the_same()
    {
        Train("train", model, "a", "--epochs", "1");
        Train("train-resnet", model, "b", "--epochs", "1");
        Assert.Equal(File.ReadAllBytes(folder.File("a/trained_models/1.pqf")), File.ReadAllBytes(folder.File("b/trained_models/1.pqf")));
        string[] rest = ["--quiet", "--weights", folder.File("a/trained_models/1.pqf"), "--dataloader.idx_path", folder.File("idx")];
        Assert.Equal(Accuracy("evaluate"), Accuracy("evaluate-resnet"));

        string Accuracy(string command) =>
            Cli.Run([command, .. rest]).Lines.Single(line => line.StartsWith("top-1", StringComparison.Ordinal));
    }

    [Fact]
    public void Annotated_images_are_a_detectors()
    {
        var result = Cli.Run("train", "--weights", model, "--dataloader.coco_path", folder.Path, "--output", folder.File("out"));
        Assert.DoesNotContain("imagenet_path", result.Error, StringComparison.Ordinal);
        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Equal(
            $"error: {model}: is a small; expected a network that finds objects (maskrcnn)",
            Cli.Run("evaluate", "--weights", model, "--dataloader.coco_path", folder.Path).ErrorLine
        );
    }

    [Fact]
    public void Random_weights_cannot_be_compressed_first() =>
        Assert.Equal(
            "error: command line: model.random_weights: expected a network to compress, got one of random weights; --model.compress false "
                + "trains one from scratch",
            Train("train", model, "out", "--quiet", "--model.random_weights", "true", "--model.compress", "true").ErrorLine
        );

    [Fact]
    public void Probabilities_of_a_network_that_ends_in_a_softmax_are_its_own()
    {
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        var classified = Cli.Run("classify", "--quiet", model, folder.File("x.png"), "--top", "1");
        Cli.Run("run", "--quiet", model, folder.File("x.png"), "--output", folder.File("values"));
        using var values = Tensors.Formats.NpyFile.Open(folder.File("values/scores_of_classes.npy")).Value();
        float largest = values.Tensors[0].ToSingles().Max();
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{100 * largest:0.00} %"), classified.Out, StringComparison.Ordinal);
    }

    CliResult Train(string command, string weights, string output, params string[] more) =>
        Cli.Run([
            command,
            "--weights",
            weights,
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            .. Last([.. Settings, .. more]),
        ]);

    /// <summary>The last value of each key; flags without values stay.</summary>
    static IEnumerable<string> Last(string[] arguments)
    {
        var keys = new Dictionary<string, string?>();
        for (int i = 0; i < arguments.Length; i++)
        {
            string key = arguments[i];
            bool hasValue = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            keys[key] = hasValue ? arguments[++i] : null;
        }

        return keys.SelectMany(pair => pair.Value is null ? (string[])[pair.Key] : [pair.Key, pair.Value]);
    }
}
