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

        var unfolded = Calibration.Unfold(graph, published, Batches(device, images));
        var (logits, top1) = Evaluate(graph, published, device, images);
        var (unfoldedLogits, _) = Evaluate(graph, unfolded, device, images[..Batch]);
        float largest = logits.Max(Math.Abs);
        for (int i = 0; i < unfoldedLogits.Length; i++)
            Assert.Equal(logits[i], unfoldedLogits[i], 1e-5f * largest);

        var calibrated = Calibration.Reestimate(graph, unfolded, Batches(device, images));
        Assert.InRange(Evaluate(graph, calibrated, device, images).Top1, top1 - 2, top1 + 2);
    }

    static IEnumerable<Tensor<float>> Batches(Device device, ImmutableArray<LabelledImage> images) =>
        images
            .Chunk(Batch)
            .Select(chunk =>
                Tensor<float>.From(
                    device,
                    [chunk.Length, 224, 224, 3],
                    [.. chunk.SelectMany(image => Preprocess.ToInput(ImageDecoder.Decode(image.Path).Value(), new Preprocessing()))]
                )
            );

    static (float[] Logits, int Top1) Evaluate(Graph graph, Parameters parameters, Device device, ImmutableArray<LabelledImage> images)
    {
        using var scope = device.BeginScope();
        var plan = InferencePlan.Compile(graph, parameters, device, [Batch, 224, 224, 3]);
        float[][] logits = [.. Batches(device, images).SelectMany(batch => plan.Run(batch).ToArray().Chunk(1000))];
        return (
            [.. logits.SelectMany(row => row)],
            logits.Zip(images).Count(pair => Array.IndexOf(pair.First, pair.First.Max()) == pair.Second.Class)
        );
    }
}
