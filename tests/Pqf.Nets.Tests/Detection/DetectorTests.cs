using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class DetectorTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly MaskRcnnOptions Quick = DetectorSamples.Quick;

    [Fact]
    public void What_is_found_lies_in_the_image_and_has_a_class_a_probability_and_a_mask()
    {
        var found = Detect(DetectorSamples.Photo(48, 64), Quick);
        Assert.Equal((48, 64), (found.Height, found.Width));
        Assert.NotEmpty(found.Items);
        Assert.Equal(found.Items.OrderByDescending(item => item.Score), found.Items);
        Assert.All(
            found.Items,
            item =>
            {
                Assert.InRange(item.Label, 1, 4);
                Assert.InRange(item.Score, 0.01, 1);
                Assert.True(
                    item.Box is { X1: >= 0, Y1: >= 0, Width: > 0, Height: > 0 } && item.Box.X2 <= 64.001 && item.Box.Y2 <= 48.001,
                    $"{item.Box}"
                );
                Assert.Equal(28 * 28, item.Mask.Length);
                Assert.All(item.Mask.ToArray(), probability => Assert.InRange(probability, 0, 1));
            }
        );
    }

    [Fact]
    public void Without_proposals_nothing_is_found()
    {
        // No box is as long as a million pixels.
        var found = Detect(DetectorSamples.Photo(48, 64), Quick with { RpnMinBoxSize = 1e6f });
        Assert.Empty(found.Items);
        using var stream = new MemoryStream();
        CocoWriter.WriteResults(stream, CocoTargets.Results(7, found, 0.5f));
        Assert.Equal("[]"u8, stream.ToArray());
    }

    [Fact]
    public void Without_detections_nothing_is_found() =>
        Assert.Empty(Detect(DetectorSamples.Photo(48, 64), Quick with { BoxScoreThresh = 1 }).Items);

    [Theory]
    [InlineData("rpn.head.cls_logits.bias", float.NaN)]
    [InlineData("rpn.head.bbox_pred.bias", float.NaN)]
    [InlineData("rpn.head.bbox_pred.bias", float.PositiveInfinity)]
    [InlineData("roi_heads.box_predictor.cls_score.bias", float.NaN)]
    [InlineData("roi_heads.box_predictor.bbox_pred.bias", float.NaN)]
    [InlineData("backbone.body.bn1.bias", float.NaN)]
    public void Weights_that_are_no_numbers_find_nothing(string name, float value) =>
        Assert.Empty(Detect(DetectorSamples.Photo(48, 64), Quick, (name, value)).Items);

    [Fact]
    public void Masks_that_are_no_numbers_are_empty()
    {
        var found = Detect(DetectorSamples.Photo(48, 64), Quick, ("roi_heads.mask_predictor.mask_fcn_logits.bias", float.NaN));
        Assert.NotEmpty(found.Items);
        Assert.All(CocoTargets.Results(7, found, 0.5f), item => Assert.Equal(0, item.Mask!.Area));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 300)]
    [InlineData(300, 1)]
    public void Slivers_of_images_are_looked_at(int height, int width)
    {
        var found = Detect(DetectorSamples.Photo(height, width), Quick);
        Assert.Equal((height, width), (found.Height, found.Width));
        Assert.All(
            CocoTargets.Results(7, found, 0.5f),
            item => Assert.True(item.Mask!.Height == height && item.Mask.Width == width && double.IsFinite(item.Box!.Value.Area))
        );
    }

    Detections Detect(Photograph photo, MaskRcnnOptions options, params (string Name, float Value)[] changes)
    {
        var device = Use(DeviceKind.Host);
        var architecture = TestGraphs.NarrowDetector with { Options = options };
        var parameters = changes.Aggregate(
            GeneratedWeights.Parameters(TestGraphs.Build(architecture), device, "narrow"),
            (all, change) =>
            {
                var shape = all[change.Name].Shape;
                return all.With(
                    change.Name,
                    new Weight.Dense(Tensor<float>.From(device, shape, [.. Enumerable.Repeat(change.Value, shape.Count)]))
                );
            }
        );
        return Detector.Create(architecture, parameters, device).Detect(photo);
    }
}
