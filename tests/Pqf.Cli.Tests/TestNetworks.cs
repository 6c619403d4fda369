using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using SkiaSharp;

namespace Pqf.Cli.Tests;

/// <summary>Networks and images made for tests.</summary>
static class TestNetworks
{
    /// <summary>Settings under which a network of <see cref="Write"/> compresses in a second or two.</summary>
    public static readonly string[] QuickSettings =
    [
        "--model.compression_parameters.k",
        "16",
        "--model.compression_parameters.k_means_n_iters",
        "2",
        "--model.sls_iterations",
        "50",
        "--preprocessing.resize",
        "40",
        "--preprocessing.crop",
        "32",
        "--quiet",
        "--device",
        "host",
    ];

    /// <summary>Settings of a network of three classes for small images.</summary>
    public static readonly string[] ThreeClasses =
    [
        "--model.class_names",
        "cat,dog,emu",
        "--preprocessing.resize",
        "32",
        "--preprocessing.crop",
        "32",
        "--quiet",
        "--device",
        "host",
    ];

    /// <summary>Writes a dense ResNet-18, of ten classes by default, with random weights, scaled so that activations keep
    /// their size.</summary>
    public static void Write(string path, Func<StoredTensor, StoredTensor>? change = null, int classCount = 10, int channels = 3) =>
        Write("resnet18", path, change, classCount, channels);

    /// <summary>Writes a ResNet-20 with random weights, a fortieth as many as a ResNet-18 has: for tests that fit layers to
    /// photographs.</summary>
    public static void WriteSmall(string path, Func<StoredTensor, StoredTensor>? change = null, int classCount = 10, int channels = 3) =>
        Write("resnet20", path, change, classCount, channels);

    static void Write(string name, string path, Func<StoredTensor, StoredTensor>? change, int classCount, int channels)
    {
        var graph = Networks
            .Build(new Architecture(name, classCount, channels))
            .Match(built => built, error => throw new InvalidOperationException(error.Message));
        var tensors = ParameterSpecs.Of(graph).Select(Tensor).Select(change ?? (tensor => tensor));
        Safetensors
            .Write(path, tensors, new Dictionary<string, string>())
            .Match(_ => 0, error => throw new InvalidOperationException(error.Message));
    }

    /// <summary>Writes a picture of noise.</summary>
    public static void WriteImage(string path, ulong seed)
    {
        using var bitmap = new SKBitmap(48, 40);
        var key = new RngKey(seed);
        for (int y = 0; y < bitmap.Height; y++)
        for (int x = 0; x < bitmap.Width; x++)
            bitmap.SetPixel(x, y, new SKColor((uint)key.Bits((ulong)((y * 48) + x)) | 0xFF000000));
        using var stream = File.Create(path);
        bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
    }

    /// <summary>Writes a folder of classes, a and b by default, with two pictures each.</summary>
    public static void WriteImages(string folder, params string[] classes) =>
        WriteImages(folder, [.. (classes is [] ? ["a", "b"] : classes).Select(name => (name, 2))]);

    /// <summary>Writes a folder of classes with so many pictures each.</summary>
    public static void WriteImages(string folder, (string Name, int Count)[] classes)
    {
        ulong seed = 0;
        foreach (var (name, count) in classes)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            for (int i = 0; i < count; i++)
                WriteImage(Path.Combine(folder, name, $"{i + 1}.png"), seed++);
        }
    }

    /// <summary>A random value of a parameter.</summary>
    public static StoredTensor Tensor(ParameterSpec spec)
    {
        var key = RngKey.FromSeed(0).Fold(spec.Name);
        double scale = spec.Role == ParameterRole.Weight ? Math.Sqrt(2.0 * spec.Shape[0] / spec.Shape.Count) : 0.1;
        double centre = spec.Role is ParameterRole.NormWeight or ParameterRole.RunningVar ? 1 : 0;
        return StoredTensor.FromSingles(
            spec.Name,
            spec.Shape,
            [.. Enumerable.Range(0, spec.Shape.Count).Select(i => (float)(centre + (scale * ((2 * key.Uniform((ulong)i)) - 1))))]
        );
    }
}
