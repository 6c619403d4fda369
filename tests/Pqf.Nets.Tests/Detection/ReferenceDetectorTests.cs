using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

/// <summary>A whole Mask R-CNN of generated weights beside torchvision's.</summary>
public class ReferenceDetectorTests(DeviceSet devices) : DeviceTest(devices)
{
    // The reference's README.
    const double Tolerance = 1e-3;

    // The case's config; torchvision's FrozenBatchNorm2d has ε 1e-5 unless released weights are loaded.
    static readonly Architecture Architecture = new(
        MaskRcnn.Name,
        91,
        options: new MaskRcnnOptions
        {
            MinSize = 160,
            MaxSize = 256,
            NormEps = 1e-5f,
            RpnPreNmsTopNTrain = 300,
            RpnPreNmsTopNTest = 300,
            RpnPostNmsTopNTrain = 100,
            RpnPostNmsTopNTest = 100,
            RpnBatchSizePerImage = 1_000_000,
            BoxBatchSizePerImage = 1_000_000,
            BoxScoreThresh = 0,
            BoxDetectionsPerImg = 20,
        }
    );

    [Fact]
    public void Features_proposals_and_detections_are_torchvisions()
    {
        using var reference = ReferenceCase.Open("network_maskrcnn");
        var device = Use(DeviceKind.Host);
        var detector = Detector.Create(Architecture, Parameters(reference, device), device);
        var photo = Photo();
        var batch = ImageBatch.Of(device, [photo], MaskRcnnOptions.Of(Architecture));
        Assert.Equal([new(160, 213)], batch.Sizes);
        // Positions are singles: 1.5e-5 of a pixel in the last place, between pixels of noise
        Close.Check(ByPixel(reference.Read("resized_image")), batch.Images.ToArray(), 5e-5);
        var levels = detector.Features(batch);
        foreach (var (name, level) in ((IEnumerable<string>)["0", "1", "2", "3", "pool"]).Zip(levels))
            Close.Check(reference.Read($"feature_{name}_mean").Values, ChannelMeans(level), Tolerance);
        var coded = detector.HeadOfProposals(levels, batch);
        Close.Check(ByPixel(reference.Read("objectness_3")), coded[3].Objectness, Tolerance);
        Close.Check(ByPixel(reference.Read("deltas_3")), coded[3].Codes, Tolerance);
        Box[] anchors = [.. coded.SelectMany(level => level.Anchors)];
        Assert.Equal(reference.Read("anchors_first").Values, Values(anchors[..30]));
        Assert.Equal(reference.Read("anchors_last").Values, Values(anchors[^30..]));
        Close.Check(reference.Read("proposals").Values, Values(detector.Proposals(coded, batch)), Tolerance);
        Check(reference, detector.Detect(photo));
    }

    static void Check(ReferenceCase reference, Detections found)
    {
        Assert.Equal((150, 200), (found.Height, found.Width));
        Assert.Equal(reference.Read("labels").Values, found.Items.Select(item => (float)item.Label));
        Close.Check(reference.Read("scores").Values, [.. found.Items.Select(item => item.Score)], Tolerance);
        Close.Check(reference.Read("boxes").Values, Values(found.Items.Select(item => item.Box)), Tolerance);
        Close.Check(
            reference.Read("mask_sums").Values,
            [.. found.Items.Select(item => MaskPasting.Probabilities(item, found.Height, found.Width).Sum())],
            Tolerance
        );
        Close.Check(reference.Read("mask_0").Values, MaskPasting.Probabilities(found.Items[0], found.Height, found.Width), Tolerance);
    }

    [Fact]
    public void Losses_and_the_norms_of_all_gradients_are_torchvisions()
    {
        using var reference = ReferenceCase.Open("network_maskrcnn");
        var device = Use(DeviceKind.Host);
        var parameters = Parameters(reference, device);
        using var scope = device.BeginScope();
        var training = DetectionTraining.Create(Architecture, parameters);
        var target = Target(reference);
        var result = Grad.ValueAndGrad(
            (tape, variables) =>
            {
                var losses = training.Losses(tape, variables, [Photo()], [target], RngKey.FromSeed(0));
                return (losses.Total(tape), losses.Named.Select(loss => (loss.Name, Value: tape.Keep(loss.Value.Value))).ToArray());
            }
        )(Trainable.Of(TestGraphs.Build(Architecture), parameters));
        foreach (var (name, value) in result.Extra)
            Close.Check(reference.Read(name).Values, value.ToArray(), Tolerance);
        string[] names = Names(reference);
        float[] norms = reference.Read("grad_norms").Values;
        Assert.Equal(names.Select(DetectorNames.Canonical).Order(), result.Gradients.Keys.Order());
        foreach (var (name, norm) in names.Zip(norms))
            Assert.InRange(
                Math.Sqrt(result.Gradients[DetectorNames.Canonical(name)].ToArray().Sum(value => (double)value * value)) / norm,
                1 - Tolerance,
                1 + Tolerance
            );
    }

    static string[] Names(ReferenceCase reference) =>
        [.. reference.Parameters.GetProperty("parameters").EnumerateArray().Select(element => element.GetString()!)];

    /// <summary>The case's names are those of torchvision's second generation.</summary>
    static Parameters Parameters(ReferenceCase reference, Device device) =>
        GeneratedWeights.Parameters(
            TestGraphs.Build(Architecture),
            device,
            "maskrcnn",
            Names(reference).ToDictionary(DetectorNames.Canonical)
        );

    /// <summary>Drawn channel by channel, [3, 150, 200].</summary>
    static Photograph Photo() =>
        new(150, 200, ByPixel(new([1, 3, 150, 200], [.. GeneratedWeights.Uniform("photo", 3 * 150 * 200).Select(u => (float)u)])));

    static DetectionTarget Target(ReferenceCase reference)
    {
        float[] boxes = reference.Read("gt_boxes").Values;
        byte[][] masks = [.. reference.Read("gt_masks").Values.Select(value => (byte)value).Chunk(150 * 200)];
        return new(
            [.. boxes.Chunk(4).Select(box => new Box(box[0], box[1], box[2], box[3]))],
            [.. reference.Read("gt_labels").Values.Select(label => (int)label)],
            [.. masks.Select(mask => new BinaryMask(150, 200, mask))]
        );
    }

    static float[] Values(IEnumerable<Box> boxes) => [.. boxes.SelectMany(box => (float[])[box.X1, box.Y1, box.X2, box.Y2])];

    /// <summary>[N, C, H, W] to [N, H, W, C].</summary>
    static float[] ByPixel(Numbers x)
    {
        int channels = x.Shape[1],
            pixels = x.Shape[2] * x.Shape[3];
        float[] values = new float[x.Values.Length];
        for (int i = 0; i < values.Length; i++)
            values[(((i / pixels / channels * pixels) + (i % pixels)) * channels) + (i / pixels % channels)] = x.Values[i];
        return values;
    }

    static float[] ChannelMeans(Tensor<float> x)
    {
        int channels = x.Shape[3];
        float[] values = x.ToArray();
        return
        [
            .. Enumerable
                .Range(0, channels)
                .Select(c => (float)Enumerable.Range(0, values.Length / channels).Average(p => (double)values[(p * channels) + c])),
        ];
    }
}
