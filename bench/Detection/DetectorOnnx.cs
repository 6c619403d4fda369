using System.Diagnostics;
using System.Globalization;
using Pqf.Bench.Network;
using Pqf.Compression.Model;
using Pqf.Images;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Detection;

/// <summary><c>bench -- detector-onnx</c>: a Mask R-CNN as an ONNX model in ONNX Runtime beside ours, on photographs.</summary>
static class DetectorOnnx
{
    /// <summary>Prints the largest differences of boxes (parts of the longer side), scores and pixels of masks, and both times.
    /// The dense form of a compressed network follows.</summary>
    public static Result<Unit, PqfError> Compare(string path, string[] photographs)
    {
        using var device = new HostDevice(Environment.ProcessorCount);
        using var scope = device.BeginScope();
        return Pqf
            .Compression.Model.Network.Load(path, device)
            .Map(network =>
            {
                Compare(network.Model, photographs, device);
                if (network.IsCompressed)
                    Compare(network.Model.Decoded(), photographs, device);
                return default(Unit);
            });
    }

    static void Compare(PqfModel network, string[] photographs, Device device)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _ = network.WriteOnnx(file).Value();
        var length = new FileInfo(file).Length;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"model of {length:N0} bytes"));
        using var runtime = OnnxSession.Open(file, Environment.ProcessorCount);
        File.Delete(file);
        var detector = Detector.Create(network.Architecture, network.Parameters, device);
        foreach (string photograph in photographs)
            Compare(photograph, Photograph.Of(ImageDecoder.Decode(photograph).Value()), detector, runtime);
    }

    static void Compare(string name, Photograph photo, Detector detector, OnnxSession runtime)
    {
        var start = Stopwatch.GetTimestamp();
        var own = detector.Detect(photo);
        var ownTime = Stopwatch.GetElapsedTime(start);
        int size = photo.Height * photo.Width;
        float[] planes = [.. Enumerable.Range(0, 3 * size).Select(i => photo.Values[(i % size * 3) + (i / size)])];
        start = Stopwatch.GetTimestamp();
        var (boxes, labels, scores, masks) = runtime.Objects(planes, [3, photo.Height, photo.Width]);
        var time = Stopwatch.GetElapsedTime(start);
        bool isSame = labels.SequenceEqual(own.Items.Select(item => (long)item.Label));
        double boxDifference = Largest(boxes, own.Items.SelectMany(item => (float[])[item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2])),
            scoreDifference = Largest(scores, own.Items.Select(item => item.Score)),
            maskDifference = Largest(masks, own.Items.SelectMany(item => MaskPasting.Probabilities(item, photo.Height, photo.Width)));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(name)} {photo.Height} x {photo.Width}: {own.Items.Length} objects, {labels.Length} in ONNX Runtime, "
                    + $"labels {(isSame ? "equal" : "differ")}; boxes {boxDifference / Math.Max(photo.Height, photo.Width):E1}, "
                    + $"scores {scoreDifference:E1}, masks {maskDifference:E1}; {ownTime.TotalMilliseconds:F0} ms, "
                    + $"{time.TotalMilliseconds:F0} ms in ONNX Runtime"
            )
        );
    }

    static double Largest(IEnumerable<float> x, IEnumerable<float> y) => x.Zip(y, (a, b) => Math.Abs((double)a - b)).Append(0).Max();
}
