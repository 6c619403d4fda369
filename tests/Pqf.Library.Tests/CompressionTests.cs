using Pqf.Compression;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Library.Tests;

/// <summary>What a program does that has the libraries and nothing of the shell: no configuration, no image decoder, no console.</summary>
public sealed class CompressionTests : IDisposable
{
    const int ClassCount = 3;

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pqf-library");
    readonly HostDevice device = new(2);
    readonly Scope scope;

    public CompressionTests()
    {
        scope = device.BeginScope();
        WriteDense(Path("dense.pth"));
    }

    public void Dispose()
    {
        scope.Dispose();
        device.Dispose();
        folder.Delete(true);
    }

    [Fact]
    public void A_dense_checkpoint_is_compressed_evaluated_on_pixels_and_written()
    {
        var reports = new List<JobProgress>();
        var network = Network.Load(Path("dense.pth"), device, Small).ValueOrThrow();
        Assert.False(network.IsCompressed);

        var compressed = CompressJob
            .Run(network, Quick with { Images = Photographs(12) }, new Progress(reports), Cancellation)
            .ValueOrThrow();
        var small = network with { Model = compressed.Model };
        Assert.True(small.IsCompressed);
        Assert.Equal(
            // norms of random weights have nothing to unfold
            ["permuting", "quantising", "calibrating norms", "measuring layers' effects"],
            reports.OfType<JobProgress.Started>().Select(stage => stage.Title)
        );
        Assert.Equal(4, reports.Count(report => report is JobProgress.Ended));

        var accuracy = EvaluateJob.Run(small, Photographs(9), new EvaluateOptions { BatchSize = 4 }, null, Cancellation).ValueOrThrow();
        Assert.Equal((9, 9), (accuracy.Top1.Count, accuracy.Top5.Correct));

        var stored = compressed.Model.AsStored();
        foreach (var format in Enum.GetValues<ModelFormat>())
        {
            var file = CheckedFile.Write(stored, Path("small" + format.Extension()), format, RngKey.FromSeed(0)).ValueOrThrow();
            Assert.InRange(file.Difference, 0, 1e-5);
            Assert.True(Network.Load(file.Path, device).ValueOrThrow().IsCompressed, file.Path);
        }

        Assert.InRange(new FileInfo(Path("small.pqf")).Length * 8, 1, new FileInfo(Path("dense.pth")).Length);
    }

    [Fact]
    public void A_job_that_owns_its_network_gives_the_same_and_keeps_nothing_of_it()
    {
        var kept = CompressJob.Run(Network.Load(Path("dense.pth"), device, Small).ValueOrThrow(), Quick, null, Cancellation).ValueOrThrow();
        kept.Model.Save(Path("kept.pqf"), ModelFormat.Pqf).ValueOrThrow();
        long before = device.LiveBytes;
        var owned = CompressJob
            .Run(Network.Load(Path("dense.pth"), device, Small).ValueOrThrow(), Quick with { OwnsNetwork = true }, null, Cancellation)
            .ValueOrThrow();
        owned.Model.Save(Path("owned.pqf"), ModelFormat.Pqf).ValueOrThrow();

        Assert.Equal(File.ReadAllBytes(Path("kept.pqf")), File.ReadAllBytes(Path("owned.pqf")));
        Assert.InRange(device.LiveBytes - before, 1, new FileInfo(Path("dense.pth")).Length / 4);
    }

    [Theory]
    [InlineData("net.pqf")]
    [InlineData("net.pth")]
    [InlineData("net.safetensors")]
    [InlineData("net.onnx")]
    public void A_network_is_saved_by_the_end_of_its_name_and_read_again(string name)
    {
        var network = Network.Load(Path("dense.pth"), device, Small).ValueOrThrow();
        network.Save(Path(name)).ValueOrThrow();
        var read = Network.Load(Path(name), device, Small, NetworkTask.Classification).ValueOrThrow();
        Assert.Equal(network.Architecture, read.Architecture);
        // An ONNX model's norms are products, rounded once more.
        float[] expected = Logits(network),
            actual = Logits(read);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4f * expected.Max(Math.Abs));
    }

    [Fact]
    public void What_cannot_be_saved_or_is_for_something_else_is_an_error()
    {
        var network = Network.Load(Path("dense.pth"), device, Small).ValueOrThrow();
        Assert.Equal(
            $"{Path("net.h5")}: expected a name that ends in .pqf, .pth, .safetensors or .onnx",
            network.Save(Path("net.h5")).Match(_ => "", error => error.Message)
        );
        Assert.Contains(
            "is a resnet20; expected a network that finds objects",
            Network.Load(Path("dense.pth"), device, Small, NetworkTask.Detection).Match(_ => "", error => error.Message),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_network_is_trained_on_pixels_and_resumed_without_a_clock()
    {
        var training = new ClassifierTraining
        {
            Images = () => TrainingImages.Of(new TrainingSets(Photographs(12), Photographs(6)), ClassCount, 3),
            Weights = Path("dense.pth"),
            Overrides = Small,
        };
        var options = new TrainOptions
        {
            Folder = Path("run"),
            Epochs = 2,
            BatchSize = 4,
            Compression = Quick,
        };
        var whole = TrainJob.Run(options, training.Open, device, null, Cancellation).ValueOrThrow();
        Assert.Equal([1, 2], whole.Progress.Epochs.Select(epoch => epoch.Number));
        Assert.Equal(["dense", "quantised", "calibrated"], whole.Progress.Initial.Select(record => record.Name));
        byte[] last = File.ReadAllBytes(Path("run/trained_models/2.pqf"));

        var resumed = TrainJob.Run(options with { Resume = "1" }, training.Open, device, null, Cancellation).ValueOrThrow();
        Assert.Equal(whole.Progress.Epochs.Select(epoch => epoch.Score), resumed.Progress.Epochs.Select(epoch => epoch.Score));
        Assert.Equal(last, File.ReadAllBytes(Path("run/trained_models/2.pqf")));
        Assert.True(Network.Load(resumed.BestPath, device).ValueOrThrow().IsCompressed);
    }

    [Fact]
    public void A_job_that_is_cancelled_ends_with_the_exception_of_its_token()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var network = Network.Load(Path("dense.pth"), device, Small).ValueOrThrow();
        Assert.Throws<OperationCanceledException>(() => EvaluateJob.Run(network, Photographs(4), new(), null, source.Token));
        Assert.Throws<OperationCanceledException>(() => CompressJob.Run(network, Quick, null, source.Token));
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static NetworkOverrides Small { get; } = new() { Resize = 8, Crop = 8 };

    static CompressOptions Quick { get; } =
        new()
        {
            Permutation = new PermutationSpec { Proposals = 50 },
            Compression = new CompressionSpec { K = 16, KMeansIterations = 2 },
            BatchSize = 4,
        };

    string Path(string name) => System.IO.Path.Combine(folder.FullName, name);

    static float[] Logits(Network network) =>
        [.. new Classifier(network, 4).Logits(Photographs(4), 1, Cancellation).SelectMany(logits => logits.ValueOrThrow().ToArray())];

    /// <summary>Noise of any sizes, brighter from class to class.</summary>
    static ImageSet.Photographs Photographs(int count) =>
        new(
            [.. Enumerable.Range(0, count).Select(i => Photograph(i, 8 + (i % 3), 12))],
            [.. Enumerable.Range(0, count).Select(i => i % ClassCount)]
        );

    static PixelImage Photograph(int number, int height, int width)
    {
        var key = RngKey.FromSeed(number);
        byte[] pixels =
        [
            .. Enumerable.Range(0, height * width * 3).Select(i => (byte)(key.Below(100, (ulong)i) + (60 * (number % ClassCount)))),
        ];
        return new(height, width, 3, pixels);
    }

    void WriteDense(string path)
    {
        var architecture = new Architecture("resnet20", ClassCount, 3, 8);
        var graph = Networks.Build(architecture).ValueOrThrow();
        var network = Network.New(architecture, graph, Initialise.Random(graph, device, RngKey.FromSeed(7)), Small).ValueOrThrow();
        network.Save(path).ValueOrThrow();
    }

    /// <summary>Reports at once, on the job's thread.</summary>
    sealed class Progress(List<JobProgress> reports) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => reports.Add(value);
    }
}
