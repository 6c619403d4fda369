using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Steps;
using Pqf.Images;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

public class PublishedCalibrationTests
{
    const int Batch = 50;

    [Fact]
    [Trait("Speed", "Slow")]
    public void Calibrating_a_network_that_needs_none_changes_its_top_1_by_two_images_at_most()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var graph = TestGraphs.Build(new Architecture("resnet18"));
        using var file = TensorFiles.Open(SharedData.Path("published/resnet18.pth")).Value();
        var published = StateDict.Load(graph, file, device).Value().Parameters;
        var folder = ImageFolder.Open(SharedData.Path("data/imagenet-ccby/val"), ImageDecoder.Reader).Value();
        // Sorted by class: every batch takes one image in eight, so that it holds all classes.
        ImmutableArray<LabelledImage> images =
        [
            .. folder.Images.Select((image, i) => (image, i)).OrderBy(pair => pair.i % 8).Select(pair => pair.image),
        ];

        // Decoded once: all of them are looked at four times.
        float[][] batches = [.. images.Chunk(Batch).Select(Inputs)];
        int[] classes = [.. images.Select(image => image.Class)];

        var unfolded = Calibration.Unfold(graph, published, Batches(device, batches));
        var (logits, top1) = Evaluate(graph, published, device, batches, classes);
        var (unfoldedLogits, _) = Evaluate(graph, unfolded, device, batches[..1], classes);
        float largest = logits.Max(Math.Abs);
        for (int i = 0; i < unfoldedLogits.Length; i++)
            Assert.Equal(logits[i], unfoldedLogits[i], 1e-5f * largest);

        var calibrated = Calibration.Reestimate(graph, unfolded, Batches(device, batches));
        Assert.InRange(Evaluate(graph, calibrated, device, batches, classes).Top1, top1 - 2, top1 + 2);
    }

    static float[] Inputs(LabelledImage[] images) =>
        [.. images.SelectMany(image => Preprocess.ToInput(ImageDecoder.Decode(image.Path).Value(), new Preprocessing()))];

    static IEnumerable<Tensor<float>> Batches(Device device, float[][] batches) =>
        batches.Select(batch => Tensor<float>.From(device, [Batch, 224, 224, 3], batch));

    static (float[] Logits, int Top1) Evaluate(Graph graph, Parameters parameters, Device device, float[][] batches, int[] classes)
    {
        using var scope = device.BeginScope();
        var plan = InferencePlan.Compile(graph, parameters, device, [Batch, 224, 224, 3]);
        float[][] logits = [.. Batches(device, batches).SelectMany(batch => plan.Run(batch).ToArray().Chunk(1000))];
        return (
            [.. logits.SelectMany(row => row)],
            logits.Zip(classes).Count(pair => Array.IndexOf(pair.First, pair.First.Max()) == pair.Second)
        );
    }
}
