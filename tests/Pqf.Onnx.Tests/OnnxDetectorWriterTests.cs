using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
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

    [Theory]
    [InlineData(48, 64)]
    [InlineData(64, 48)]
    [InlineData(33, 90)]
    [InlineData(200, 150)]
    [InlineData(100, 100)]
    public void A_small_detector_finds_the_same(int height, int width) => Check(Quick, false, Photo(height, width), 1);

    [Theory]
    [InlineData(48, 64)]
    [InlineData(130, 77)]
    public void A_small_detector_of_codes_finds_the_same(int height, int width) => Check(Quick, true, Photo(height, width), 1);

    static Photograph Photo(int height, int width) =>
        new(height, width, [.. GeneratedWeights.Uniform("photo", height * width * 3).Select(u => (float)u)]);

    void Check(MaskRcnnOptions options, bool isQuantised, Photograph photo, int leastCount)
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
        using var stream = new MemoryStream();
        OnnxDetectorWriter.Write(stream, architecture, parameters, new Dictionary<string, string>());
        using var model = new OnnxRuntimeModel(stream.ToArray());
        var expected = Detector.Create(architecture, parameters, device).Detect(photo);
        Assert.True(expected.Items.Length >= leastCount);
        var difference = DetectorRun.Of(model, photo).Difference(expected);
        Assert.True(difference is ( <= Tolerance, <= Tolerance, <= Tolerance), $"{difference}");
        if (Environment.GetEnvironmentVariable("SHOW") is not null) Console.Error.WriteLine($"{expected.Items.Length} {string.Join(' ', expected.Items.Select(i => i.Score))} {difference}");
    }
}
