using System.IO.Compression;
using Pqf.Cli.Configuration;
using Pqf.Cli.Demo;
using Pqf.Compression;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Demo;

public sealed class DemoFilesTests
{
    static readonly TrainingSets Images = ResultAssert.Value(DemoFiles.Images());

    [Fact]
    public void There_are_8000_training_and_3000_test_images_of_all_ten_classes()
    {
        Assert.Equal((8000, 3000), (Images.Train.Count, Images.Validation.Count));
        Assert.All(
            [Images.Train, Images.Validation],
            set =>
            {
                var grey = Assert.IsType<ImageSet.Grey>(set);
                Assert.Equal((28, 28, set.Count * 784), (grey.Height, grey.Width, grey.Pixels.Length));
                Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(0, set.Count).Select(set.ClassOf).Distinct().Order());
            }
        );
    }

    [Theory]
    [InlineData("train", "train")]
    [InlineData("t10k", "test")]
    public void The_images_are_the_first_of_Fashion_MNIST(string source, string part)
    {
        string path = $"/usr/share/datasets/fashion-mnist/{source}-images-idx3-ubyte.gz"; // Debian: dataset-fashion-mnist
        Assert.SkipUnless(File.Exists(path), $"{path} is absent");
        var set = (ImageSet.Grey)(part == "train" ? Images.Train : Images.Validation);
        Assert.Equal(First(path, 16, set.Pixels.Length), set.Pixels.ToArray());
        Assert.Equal(
            First(path.Replace("images-idx3", "labels-idx1", StringComparison.Ordinal), 8, set.Classes.Length),
            set.Classes.ToArray()
        );
    }

    [Fact]
    public void All_files_together_are_at_most_8_MB()
    {
        string folder = Path.Combine(SharedData.Repository, "src", "Pqf.Cli", "Demo");
        Assert.InRange(Directory.GetFiles(folder, "*.gz").Sum(file => new FileInfo(file).Length), 1, 8_000_000);
    }

    [Fact]
    public void The_network_is_resnet20_with_32_64_and_128_channels_dense_and_named()
    {
        using var folder = new TemporaryFolder();
        ResultAssert.Value(DemoFiles.WriteDense(folder.File("dense.pqf")));
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = ResultAssert.Value(Network.Load(folder.File("dense.pqf"), device));
        Assert.Equal(new Architecture("resnet20", 10, 1, 32), network.Architecture);
        Assert.False(network.IsCompressed);
        Assert.Equal((28, 28), (network.Preprocessing.Resize, network.Preprocessing.Crop));
        Assert.Equal("ankle boot", network.ClassNames[9]);
        Assert.Equal(1_084_010, Cost.Of(network.Graph, network.Parameters, [1, 28, 28, 1]).ParameterCount);
    }

    [Fact]
    public void The_network_knows_at_least_93_percent_of_the_test_images()
    {
        using var folder = new TemporaryFolder();
        ResultAssert.Value(DemoFiles.WriteDense(folder.File("dense.pqf")));
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = ResultAssert.Value(Network.Load(folder.File("dense.pqf"), device));
        var set = (ImageSet.Grey)Images.Validation;
        const int Batch = 500,
            Pixels = 28 * 28;
        var plan = InferencePlan.Compile(network.Graph, network.Parameters, device, [Batch, 28, 28, 1]);
        int right = 0;
        for (int first = 0; first < set.Count; first += Batch)
        {
            using var call = device.BeginScope();
            float[] input =
            [
                .. Enumerable
                    .Range(first, Batch)
                    .SelectMany(i =>
                        Preprocess.ToInput(
                            new PixelImage(28, 28, 1, set.Pixels.ToArray()[(i * Pixels)..((i + 1) * Pixels)]),
                            network.Preprocessing
                        )
                    ),
            ];
            float[] logits = plan.Run(Tensor<float>.From(device, [Batch, 28, 28, 1], input)).ToArray();
            right += Enumerable.Range(0, Batch).Count(i => Ranking.Top(logits.AsSpan(i * 10, 10), 1)[0] == set.ClassOf(first + i));
        }

        Assert.InRange(right, 2790, 2850); // 2811 when it was made
    }

    [Fact]
    public void The_settings_are_a_configuration_that_reaches_40_times()
    {
        var config = ResultAssert.Value(ConfigLoader.Load(null, [], DemoFiles.Config));
        var graph = ResultAssert.Value(Networks.Build(new Architecture("resnet20", 10, 1, 32)));
        var layers = ResultAssert.Value(Blocks.Of(graph, config.Model.Compression));
        Assert.Equal(21, layers.Length); // all but the first convolution
        long dense = 32L * 1_084_010,
            stays = dense - layers.Sum(layer => 32L * layer.Weight.Count);
        Assert.InRange((double)dense / (stays + layers.Sum(layer => new LayerReport(layer, 0, 0, 0).SizeBits)), 40, 43);
        Assert.Equal(File.ReadAllText(Path.Combine(SharedData.Repository, "config", "demo.yaml")), DemoFiles.Config);
    }

    static byte[] First(string path, int from, int count)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        byte[] bytes = new byte[from + count];
        file.ReadExactly(bytes);
        return bytes[from..];
    }
}
