using Pqf.Nets.Coco;
using Pqf.Nets.Masks;
using Pqf.Testing;

namespace Pqf.Nets.Tests.Coco;

/// <summary>Small data sets: one image of 100 × 100 pixels, number 7, one class, number 3.</summary>
static class CocoSamples
{
    public static CocoInstances Instances(params CocoAnnotation[] annotations) =>
        new([new(7, "seven.png", 100, 100)], [new(3, "thing")], annotations);

    /// <summary>An object that fills its box.</summary>
    public static CocoAnnotation Object(long id, CocoBox box) => new(id, 7, 3, box, box.Area, false, new CocoSegmentation.Runs(Fill(box)));

    public static CocoDetection Found(double score, CocoBox box) => new(7, 3, score, box, null);

    public static CocoDetection WithMask(CocoDetection detection) => detection with { Mask = Fill(detection.Box!.Value) };

    public static CocoInstances Read(string shared)
    {
        string path = SharedData.Path(shared);
        using var stream = File.OpenRead(path);
        return CocoReader.ReadInstances(stream, path).Value();
    }

    static Rle Fill(CocoBox box)
    {
        var window = new PixelBox((int)box.X, (int)box.Y, (int)box.Width, (int)box.Height);
        return Rle.FromWindow([.. Enumerable.Repeat((byte)1, window.Width * window.Height)], window, 100, 100);
    }
}
