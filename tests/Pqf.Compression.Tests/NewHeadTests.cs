using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>Networks read with a head of other classes.</summary>
public sealed class NewHeadTests : IDisposable
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("head");

    static readonly string[] DetectorHead =
    [
        "roi_heads.box_predictor.cls_score",
        "roi_heads.box_predictor.bbox_pred",
        "roi_heads.mask_predictor.mask_fcn_logits",
    ];

    readonly HostDevice host = new();
    readonly TemporaryFolder folder = new();
    readonly Scope scope;

    public NewHeadTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_file_without_a_head_gets_one_case_no_fc()
    {
        string path = SharedData.Path("cases/checkpoints/no_fc.pth");
        var network = Load(path, 5);
        Assert.Equal(["fc"], network.NewLayers);
        Assert.Equal(("resnet18", 5), (network.Architecture.Name, network.Architecture.ClassCount));
        Assert.Empty(network.Unused);
        AssertDrawn(network);
        AssertKept(Network.Load(SharedData.Path("cases/checkpoints/base.pth"), host).Value(), network);
    }

    [Fact]
    public void A_file_without_a_head_is_an_error_where_no_new_one_may_be_drawn()
    {
        string path = SharedData.Path("cases/checkpoints/no_fc.pth"),
            expected =
                $"{path}: has all layers of resnet18 but its head: it is missing (fc); training with model.class_count draws a new one";
        Assert.Equal(expected, Network.Load(path, host).ErrorMessage());
        Assert.Equal(expected, Network.Load(path, host, new NetworkOverrides { ClassCount = 5 }).ErrorMessage());
        Assert.Equal(expected, Network.Load(path, host, new NetworkOverrides { Arch = "resnet18" }).ErrorMessage());
        Assert.Equal(expected, Network.Load(path, host, new NetworkOverrides { NewHead = new(Key) }).ErrorMessage());
    }

    [Fact]
    public void The_published_network_of_1000_classes_gets_a_dense_head_of_3()
    {
        string path = SharedData.Path("published/resnet18.pth");
        var (published, network) = (Network.Load(path, host).Value(), Load(path, 3));
        Assert.IsType<Weight.Quantised>(published.Parameters["fc.weight"]);
        Assert.IsType<Weight.Quantised>(network.Parameters["layer4.1.conv2.weight"]);
        Assert.Equal(["fc"], network.NewLayers);
        Assert.Equal(["class 0", "class 1", "class 2"], network.ClassNames);
        Assert.Null(network.Model.ClassNames);
        AssertDrawn(network);
        AssertKept(published, network);
    }

    [Fact]
    public void A_detector_of_four_outputs_gets_heads_of_three_case_det4()
    {
        string path = SharedData.Path("cases/det4.pth");
        var (first, network) = (Network.Load(path, host).Value(), Load(path, 3));
        Assert.Equal(4, first.Architecture.ClassCount);
        Assert.Equal(DetectorHead, network.NewLayers);
        Assert.Equal((16, 12), (Boxes(first), Boxes(network)));
        AssertKept(first, network);
        // As a detector of random values starts: biases of the mask head are 0.
        var random = DetectorInitialise.Random(network.Graph, host, Key);
        foreach (var spec in NewSpecs(network))
            Assert.Equal(random[spec.Name].Decode().ToArray(), network.Parameters[spec.Name].Decode().ToArray());

        static int Boxes(Network network) => network.Parameters["roi_heads.box_predictor.bbox_pred.weight"].Shape[0];
    }

    [Fact]
    public void A_detector_without_any_of_its_heads_gets_them_and_one_without_some_is_an_error()
    {
        var detector = Saved(TestGraphs.NarrowDetector, "whole.safetensors");
        var graph = detector.Graph;
        var tensors = StateDict.Dense(graph, detector.Parameters).ToList();
        string bare = folder.File("bare.safetensors"),
            half = folder.File("half.safetensors");
        Write(bare, tensors.Where(tensor => !DetectorHead.Any(layer => tensor.Name.StartsWith(layer, StringComparison.Ordinal))));
        Write(half, tensors.Where(tensor => !tensor.Name.StartsWith(DetectorHead[2], StringComparison.Ordinal)));
        Assert.Equal(DetectorHead, Load(bare, 5).NewLayers);
        Assert.Contains(
            $"which has 1 layer that the file lacks ({DetectorHead[2]}, …)",
            Network.Load(half, host, new NetworkOverrides { ClassCount = 5, NewHead = new(Key) }).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("net.pqf", false)]
    [InlineData("net.pth", false)]
    [InlineData("net.safetensors", false)]
    [InlineData("net.onnx", false)]
    [InlineData("net.pqf", true)]
    [InlineData("net.pth", true)]
    [InlineData("net.safetensors", true)]
    [InlineData("net.onnx", true)]
    public void Files_of_every_kind_dense_or_compressed(string name, bool isCompressed)
    {
        Saved(new("resnet20", 5, 3, 8), name, isCompressed);
        var (first, network) = (Network.Load(folder.File(name), host).Value(), Load(folder.File(name), 7));
        Assert.Equal(isCompressed, network.IsCompressed);
        Assert.Equal(["fc"], network.NewLayers);
        Assert.Equal(7, network.Architecture.ClassCount);
        AssertDrawn(network);
        AssertKept(first, network);
        // What is written is a network like any other.
        foreach (string again in new[] { "again.pqf", "again.pth", "again.onnx" })
        {
            network.Save(folder.File(again)).Value();
            var read = Network.Load(folder.File(again), host).Value();
            Assert.Equal((7, 0), (read.Architecture.ClassCount, read.NewLayers.Length));
        }
    }

    [Theory]
    [InlineData(5, NewHeadWhen.ClassCountDiffers, false)]
    [InlineData(5, NewHeadWhen.Always, true)]
    [InlineData(null, NewHeadWhen.Always, false)]
    public void As_many_classes_get_a_new_head_only_where_it_is_always_drawn(int? classCount, NewHeadWhen when, bool isNew)
    {
        var saved = Saved(new("resnet20", 5, 3, 8), "net.pqf");
        var overrides = new NetworkOverrides { ClassCount = classCount, NewHead = new(Key, when) };
        var network = Network.Load(folder.File("net.pqf"), host, overrides).Value();
        Assert.Equal(isNew, !network.NewLayers.IsEmpty);
        Assert.Equal(isNew, network.Model.ClassNames is null);
        Assert.Equal(isNew, !Values(saved, "fc.weight").SequenceEqual(Values(network, "fc.weight")));
    }

    [Theory]
    [InlineData("net.pqf")]
    [InlineData("net.pth")]
    public void Another_class_count_is_an_error_where_no_new_head_may_be_drawn(string name)
    {
        Saved(new("resnet20", 5, 3, 8), name);
        Assert.Equal(
            $"{folder.File(name)}: has 5 classes; expected 7, as model.class_count says (only training draws a new head)",
            Network.Load(folder.File(name), host, new NetworkOverrides { ClassCount = 7 }).ErrorMessage()
        );
    }

    [Fact]
    public void The_names_of_the_file_do_not_fit_a_new_head_and_given_ones_do()
    {
        var saved = Saved(new("resnet20", 2, 3, 8), "net.pqf");
        Assert.Equal(["n0", "n1"], Network.Load(folder.File("net.pqf"), host).Value().ClassNames);
        Assert.Equal(["class 0", "class 1", "class 2"], Load(folder.File("net.pqf"), 3).ClassNames);
        var overrides = new NetworkOverrides
        {
            ClassCount = 3,
            NewHead = new(Key),
            ClassNames = ["a", "b", "c"],
        };
        Assert.Equal(["a", "b", "c"], Network.Load(folder.File("net.pqf"), host, overrides).Value().ClassNames);
        Assert.Equal("n0", saved.ClassNames[0]);
    }

    [Fact]
    public void A_thousand_new_classes_are_not_those_of_ImageNet()
    {
        Saved(new("resnet20", 2, 3, 8), "net.pqf");
        var network = Load(folder.File("net.pqf"), 1000);
        Assert.Equal("class 7", network.ClassNames[7]);
        Assert.Null(network.Model.ClassNames);
    }

    [Fact]
    public void A_class_count_that_no_network_has_is_an_error()
    {
        Saved(new("resnet20", 2, 3, 8), "net.pth");
        Assert.Contains(
            "expected 1 to 250000 classes",
            Network.Load(folder.File("net.pth"), host, new NetworkOverrides { ClassCount = 250_001, NewHead = new(Key) }).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    Network Load(string path, int classCount) =>
        Network.Load(path, host, new NetworkOverrides { ClassCount = classCount, NewHead = new(Key) }).Value();

    Network Saved(Architecture architecture, string name, bool isCompressed = false)
    {
        var graph = TestGraphs.Build(architecture);
        var parameters = GeneratedWeights.Parameters(graph, host, "saved");
        if (isCompressed)
            parameters = TestGraphs.Quantise(graph, parameters, ("layer1.0.conv1", 16, 9), ("fc", 8, 4));
        var overrides = new NetworkOverrides
        {
            Resize = 32,
            Crop = 32,
            ClassNames = [.. Enumerable.Range(0, architecture.ClassCount).Select(number => $"n{number}")],
        };
        var network = Network.New(architecture, graph, parameters, overrides).Value();
        network.Save(folder.File(name)).Value();
        return network;
    }

    static void Write(string path, IEnumerable<Tensors.Formats.StoredTensor> tensors) =>
        Tensors.Formats.Safetensors.Write(path, [.. tensors], new Dictionary<string, string>()).Value();

    static float[] Values(Network network, string name) => network.Parameters[name].Decode().ToArray();

    static IEnumerable<ParameterSpec> NewSpecs(Network network) =>
        ParameterSpecs.Of(network.Graph).Where(spec => network.NewLayers.Contains(spec.Layer));

    /// <summary>New layers are dense and hold what their layers start with.</summary>
    static void AssertDrawn(Network network)
    {
        foreach (var spec in NewSpecs(network))
        {
            Assert.IsType<Weight.Dense>(network.Parameters[spec.Name]);
            Assert.Equal(spec.Initial.Draw(spec.Shape.Count, Key.Fold(spec.Name)), Values(network, spec.Name));
        }
    }

    /// <summary>All other layers hold what the file holds.</summary>
    static void AssertKept(Network file, Network network)
    {
        foreach (var spec in ParameterSpecs.Of(network.Graph).Where(spec => !network.NewLayers.Contains(spec.Layer)))
            Assert.Equal(Values(file, spec.Name), Values(network, spec.Name));
    }
}
