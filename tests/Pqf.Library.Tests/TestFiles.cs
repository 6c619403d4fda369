using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using SkiaSharp;

namespace Pqf.Library.Tests;

/// <summary>A folder with a small dense network, <c>dense.pqf</c>, and photographs of three classes in <c>data/train</c> and
/// <c>data/val</c>.</summary>
sealed class TestFiles : IDisposable
{
    /// <summary>Names of the classes.</summary>
    public static readonly string[] Classes = ["bird", "cat", "dog"];

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pqf-library");

    public TestFiles()
    {
        WriteDense(Dense);
        for (int i = 0; i < 12; i++)
            WritePhotograph($"data/train/{Classes[i % 3]}/{i}.png", i);
        for (int i = 0; i < 6; i++)
            WritePhotograph($"data/val/{Classes[i % 3]}/{i}.png", i + 12);
    }

    public string this[string name] => Path.Combine(folder.FullName, name);

    public string Dense => this["dense.pqf"];

    public string Photograph => this["data/val/cat/1.png"];

    public void Dispose() => folder.Delete(true);

    /// <summary>Writes a dense network of the three classes.</summary>
    public static void WriteDense(string path, int channels = 3)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var architecture = new Architecture("resnet20", Classes.Length, channels, 8);
        var graph = Networks.Build(architecture).ValueOrThrow();
        var parameters = Initialise.Random(graph, device, RngKey.FromSeed(7));
        var overrides = new NetworkOverrides
        {
            Resize = 8,
            Crop = 8,
            ClassNames = [.. Classes],
        };
        Network.New(architecture, graph, parameters, overrides).ValueOrThrow().Save(path).ValueOrThrow();
    }

    /// <summary>A detector with random weights, written when it is asked for.</summary>
    public string Detector()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var options = new MaskRcnnOptions
        {
            FpnChannels = 8,
            RepresentationSize = 16,
            MaskChannels = 8,
            MinSize = 64,
            MaxSize = 96,
            RpnPreNmsTopNTest = 50,
            RpnPostNmsTopNTest = 20,
            BoxDetectionsPerImg = 5,
        };
        var architecture = new Architecture("maskrcnn", 4, 3, 4, options);
        var graph = Networks.Build(architecture).ValueOrThrow();
        var parameters = Initialise.Random(graph, device, RngKey.FromSeed(7));
        Network.New(architecture, graph, parameters, new NetworkOverrides()).ValueOrThrow().Save(this["detector.pqf"]).ValueOrThrow();
        return this["detector.pqf"];
    }

    /// <summary>Noise, brighter from class to class.</summary>
    void WritePhotograph(string name, int number)
    {
        var key = RngKey.FromSeed(number);
        using var picture = new SKBitmap(12, 10);
        for (int i = 0; i < 120; i++)
        {
            byte Value(int channel) => (byte)(key.Below(100, (ulong)((3 * i) + channel)) + (60 * (number % Classes.Length)));
            picture.SetPixel(i % 12, i / 12, new SKColor(Value(0), Value(1), Value(2)));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        using var file = File.Create(this[name]);
        picture.Encode(file, SKEncodedImageFormat.Png, 100);
    }
}
