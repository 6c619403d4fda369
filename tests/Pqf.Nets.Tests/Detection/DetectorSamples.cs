using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;

namespace Pqf.Nets.Tests.Detection;

/// <summary>Small detectors, photographs and objects.</summary>
static class DetectorSamples
{
    /// <summary>Settings under which a narrow detector takes a step in some hundredths of a second.</summary>
    public static readonly MaskRcnnOptions Quick = MaskRcnnOptions.Of(TestGraphs.NarrowDetector) with
    {
        MinSize = 64,
        MaxSize = 96,
        RpnPreNmsTopNTrain = 100,
        RpnPostNmsTopNTrain = 50,
        RpnPreNmsTopNTest = 100,
        RpnPostNmsTopNTest = 50,
        BoxBatchSizePerImage = 32,
        BoxScoreThresh = 0.01f,
        BoxDetectionsPerImg = 10,
    };

    /// <summary>A photograph of noise.</summary>
    public static Photograph Photo(int height, int width) =>
        new(height, width, [.. GeneratedWeights.Uniform("photo", height * width * 3).Select(u => (float)u)]);

    /// <summary>An object that fills the whole pixels of its box in an image.</summary>
    public static DetectionTarget Target(int height, int width, params Box[] boxes) =>
        new([.. boxes], [.. boxes.Select((_, i) => 1 + (i % 4))], [.. boxes.Select(box => Fill(height, width, box))]);

    static BinaryMask Fill(int height, int width, Box box) =>
        new(
            height,
            width,
            [
                .. Enumerable
                    .Range(0, height * width)
                    .Select(i => (byte)(i % width >= box.X1 && i % width < box.X2 && i / width >= box.Y1 && i / width < box.Y2 ? 1 : 0)),
            ]
        );
}
