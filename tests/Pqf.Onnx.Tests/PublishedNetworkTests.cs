using System.Text.Json;
using Pqf.Autodiff;
using Pqf.Compression;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

public class PublishedNetworkTests(DeviceSet devices) : DeviceTest(devices)
{
    const double MiB = 1 << 20;

    [Theory]
    [InlineData("resnet18", 1.70)]
    [InlineData("resnet18_large", 1.20)]
    [InlineData("resnet50_large", 3.70)]
    public void Published_networks_are_as_small_and_give_ONNX_Runtime_the_same_logits(string name, double maxMiB)
    {
        using var folder = new TemporaryFolder();
        using var file = TensorFiles.Open(SharedData.Path($"published/{name}.pth")).Value();
        var device = Use(DeviceKind.Host);
        var architecture = new Architecture(name.Split('_')[0]);
        var graph = TestGraphs.Build(architecture);
        var model = new PqfModel
        {
            Architecture = architecture,
            Graph = graph,
            Parameters = StateDict.Load(graph, file, device).Value().Parameters,
            ClassNames = new ClassNames.WellKnown(ClassNames.ImageNet),
        };
        var images = GeneratedWeights.Images(device, "image", [3, 3, 224, 224]);
        float[] expected = InferencePlan.Compile(graph, model.Parameters, device, images.Shape).Run(images).ToArray();
        Assert.InRange(SizeAndLogits(model, folder.File("compressed.onnx"), images, expected, 1e-3) / MiB, 0, maxMiB);
        SizeAndLogits(model with { Parameters = Decoded(model.Parameters) }, folder.File("dense.onnx"), images, expected, 1e-4);
    }

    [Fact]
    public void ResNet50_with_small_blocks_takes_at_most_5_6_MiB()
    {
        using var folder = new TemporaryFolder();
        var device = Use(DeviceKind.Host);
        var architecture = new Architecture("resnet50");
        var graph = TestGraphs.Build(architecture);
        var spec = new CompressionSpec();
        spec = spec with { LayerSpecs = spec.LayerSpecs.Add("fc", new LayerSpec { K = 1024 }) };
        var model = new PqfModel
        {
            Architecture = architecture,
            Graph = graph,
            // Codes and centroids at random: the size does not depend on them.
            Parameters = TestGraphs.Quantise(
                graph,
                GeneratedWeights.Parameters(graph, device, "resnet50"),
                Blocks.Of(graph, spec).Value().Select(layer => (layer.Layer, layer.K, layer.D))
            ),
            ClassNames = new ClassNames.WellKnown(ClassNames.ImageNet),
            Compression = spec,
        };
        var images = GeneratedWeights.Images(device, "image", [1, 3, 224, 224]);
        Assert.Equal(42_714_368, Cost.Of(graph, model.Parameters, images.Shape).Bits); // paper, table 1: 5.09 MiB
        float[] expected = InferencePlan.Compile(graph, model.Parameters, device, images.Shape).Run(images).ToArray();
        Assert.InRange(SizeAndLogits(model, folder.File("compressed.onnx"), images, expected, 1e-3) / MiB, 0, 5.6);
    }

    [Fact]
    public void A_model_says_how_images_are_prepared_and_what_classes_are_called()
    {
        using var folder = new TemporaryFolder();
        var device = Use(DeviceKind.Host);
        var architecture = new Architecture("resnet18");
        var graph = TestGraphs.Build(architecture);
        new PqfModel
        {
            Architecture = architecture,
            Graph = graph,
            Parameters = GeneratedWeights.Parameters(graph, device, "resnet18"),
            Preprocessing = new Preprocessing { Resize = 96, Crop = 64 },
            ClassNames = new ClassNames.WellKnown(ClassNames.ImageNet),
        }
            .WriteOnnx(folder.File("x.onnx"))
            .Value();
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(folder.File("x.onnx")));
        var text = runtime.Session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(64, JsonDocument.Parse(text["preprocessing"]).RootElement.GetProperty("crop").GetInt32());
        Assert.Equal(ImageNetClasses.Table.All.Select(item => item.Name), JsonSerializer.Deserialize<string[]>(text["classes"])!);
        Assert.Equal([-1, 3, 64, 64], runtime.Session.InputMetadata["input"].Dimensions);
        using var file = TensorFiles.Open(folder.File("x.onnx")).Value();
        Assert.Equal(new ClassNames.WellKnown(ClassNames.ImageNet), PqfModel.From(file, device).Value().ClassNames); // not a thousand names
    }

    static long SizeAndLogits(PqfModel model, string path, Tensor<float> images, float[] expected, double tolerance)
    {
        model.WriteOnnx(path).Value();
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(path));
        using var scope = images.Device.BeginScope();
        int one = images.Shape.Count / images.Shape[0],
            logits = expected.Length / images.Shape[0];
        Close.Check(expected, runtime.Run(images), tolerance);
        Close.Check(
            expected.AsSpan(0, logits),
            runtime.Run(Tensor<float>.From(images.Device, [1, .. images.Shape.AsSpan()[1..]], images.ToArray().AsSpan(0, one))),
            tolerance
        );
        return new FileInfo(path).Length;
    }

    static Parameters Decoded(Parameters parameters) =>
        new(
            System.Collections.Immutable.ImmutableDictionary.ToImmutableDictionary(
                parameters.Values,
                pair => pair.Key,
                pair => (Weight)new Weight.Dense(pair.Value.Decode())
            )
        );
}
