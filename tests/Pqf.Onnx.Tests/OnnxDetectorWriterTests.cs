using Microsoft.ML.OnnxRuntime;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>The model of a whole detector finds in ONNX Runtime what we find.</summary>
public class OnnxDetectorWriterTests(DeviceSet devices) : DeviceTest(devices)
{
    // Of acceptance: boxes in parts of the image, scores and masks as they are
    const double Tolerance = 1e-3;

    static readonly MaskRcnnOptions Quick = MaskRcnnOptions.Of(TestGraphs.NarrowDetector) with
    {
        MinSize = 64,
        MaxSize = 96,
        RpnPreNmsTopNTest = 100,
        RpnPostNmsTopNTest = 50,
        BoxScoreThresh = 0.01f,
        BoxDetectionsPerImg = 10,
    };

    // Random weights and noise may give nearly equal scores, whose order rounding decides; these sizes give none
    [Theory]
    [InlineData(48, 64)]
    [InlineData(64, 48)]
    [InlineData(33, 90)]
    [InlineData(200, 150)]
    [InlineData(100, 100)]
    public void A_small_detector_finds_the_same(int height, int width) => Check(Quick, Photo(height, width));

    [Theory]
    [InlineData(48, 64)]
    [InlineData(130, 77)]
    public void A_small_detector_of_codes_finds_the_same(int height, int width) => Check(Quick, Photo(height, width), isQuantised: true);

    // 70 / 49 and 49 · (1 / 70) differ in single precision: one gives 70 rows, the other 69
    [Theory]
    [InlineData(49, 58)]
    [InlineData(42, 50)]
    [InlineData(60, 72)]
    public void Sizes_are_rounded_as_ours(int height, int width) => Check(Quick with { MinSize = 70, MaxSize = 120 }, Photo(height, width));

    [Fact]
    public void Boxes_of_several_levels_keep_their_order()
    {
        var options = Quick with { RoiCanonicalScale = 24 };
        var found = Check(options, Photo(64, 90));
        var size = ImageBatch.ResizedSize(new(64, 90), options);
        var pooling = new RoiPooling(7, 2, options.RoiCanonicalScale, options.RoiCanonicalLevel, 1);
        Assert.True(
            found.Items.Select(item => RoiCells.LevelOf(item.Box.Scale(size.Width / 90f, size.Height / 64f), pooling, 4)).Distinct().Count()
                > 1
        );
    }

    [Fact]
    public void Without_any_optimisation_of_the_runtime_it_is_the_same() =>
        Check(Quick, Photo(48, 64), level: GraphOptimizationLevel.ORT_DISABLE_ALL);

    [Fact]
    public void Without_proposals_nothing_is_found() =>
        // No box is as long as a million pixels.
        Assert.Empty(Check(Quick with { RpnMinBoxSize = 1e6f }, Photo(48, 64)).Items);

    [Fact]
    public void Without_detections_nothing_is_found() => Assert.Empty(Check(Quick with { BoxScoreThresh = 1 }, Photo(48, 64)).Items);

    [Fact]
    public void Fewer_objects_than_the_limit_are_found_as_well() =>
        Assert.NotEmpty(Check(Quick with { BoxDetectionsPerImg = 1000 }, Photo(48, 64)).Items);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 300)]
    [InlineData(300, 1)]
    public void Slivers_of_photographs_are_looked_at(int height, int width)
    {
        var device = Use(DeviceKind.Host);
        using var model = Model(Quick, GeneratedWeights.Parameters(TestGraphs.Build(TestGraphs.NarrowDetector), device, "narrow"));
        var found = DetectorRun.Of(model, Photo(height, width)); // checks the shapes
        Assert.All(found.Boxes, value => Assert.InRange(value, 0, 1.001f * Math.Max(height, width)));
        Assert.All(found.Masks, value => Assert.InRange(value, 0, 1));
    }

    [Fact]
    public void The_ends_have_the_names_of_the_usual_export()
    {
        var device = Use(DeviceKind.Host);
        using var model = Model(Quick, GeneratedWeights.Parameters(TestGraphs.Build(TestGraphs.NarrowDetector), device, "narrow"));
        Assert.Equal([3, -1, -1], model.Session.InputMetadata["image"].Dimensions);
        Assert.Equal(["boxes", "labels", "scores", "masks"], model.Session.OutputNames);
        Assert.Equal(typeof(long), model.Session.OutputMetadata["labels"].ElementType);
        Assert.Equal([-1, 1, -1, -1], model.Session.OutputMetadata["masks"].Dimensions);
        Assert.Equal("value", model.Session.ModelMetadata.CustomMetadataMap["key"]);
    }

    static Photograph Photo(int height, int width) =>
        new(height, width, [.. GeneratedWeights.Uniform("photo", height * width * 3).Select(u => (float)u)]);

    static OnnxRuntimeModel Model(
        MaskRcnnOptions options,
        Parameters parameters,
        GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL
    )
    {
        using var stream = new MemoryStream();
        var metadata = new Dictionary<string, string> { ["key"] = "value" };
        OnnxDetectorWriter.Write(stream, TestGraphs.NarrowDetector with { Options = options }, parameters, metadata);
        return new(stream.ToArray(), level);
    }

    Detections Check(
        MaskRcnnOptions options,
        Photograph photo,
        bool isQuantised = false,
        GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL
    )
    {
        var device = Use(DeviceKind.Host);
        var architecture = TestGraphs.NarrowDetector with { Options = options };
        var graph = TestGraphs.Build(architecture);
        var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
        if (isQuantised)
            parameters = TestGraphs.Quantise(
                graph,
                parameters,
                ("backbone.body.layer2.0.conv2", 16, 9),
                ("rpn.head.conv", 300, 9),
                ("roi_heads.box_head.fc7", 8, 4)
            );
        using var model = Model(options, parameters, level);
        var expected = Detector.Create(architecture, parameters, device).Detect(photo);
        var difference = DetectorRun.Of(model, photo).Difference(expected);
        Assert.True(difference is (<= Tolerance, <= Tolerance, <= Tolerance), $"{difference}, {expected.Items.Length} objects");
        return expected;
    }
}
