using Pqf.Compression;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;

namespace Pqf.Properties.Fuzzing;

/// <summary>Small networks of graphs of their own: models as other programs write them, and the files of their compressed forms.</summary>
static class GraphOriginals
{
    // Networks of many kinds of layers, small enough for thousands of cases.
    static readonly byte[][] Pieces =
    [
        [3, 7, 12, 30, 41],
        [55, 80, 90, 110, 130, 140],
        [160, 175, 190, 205],
        [220, 235, 250, 21, 66],
    ];

    /// <summary>Models.</summary>
    public static IReadOnlyList<byte[]> Models()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        return [.. Pieces.Select((pieces, i) => Model(pieces, (byte)(40 * i), device)).Where(model => IsRead(model, device))];
    }

    /// <summary>Version 2 of the .pqf format, with codes, values in 8 bits and in half precision.</summary>
    public static IReadOnlyList<byte[]> Compressed()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        return [.. Models().Select(model => Compressed(model, device))];
    }

    static byte[] Model(byte[] pieces, byte tail, HostDevice device)
    {
        var graph = RandomNetwork.Of(pieces, tail);
        using var stream = new MemoryStream();
        OnnxWriter.Write(
            stream,
            graph,
            GeneratedWeights.Parameters(graph, device, "fuzzing"),
            RandomNetwork.Images(device, 1).Shape,
            new Dictionary<string, string>()
        );
        return stream.ToArray();
    }

    static bool IsRead(byte[] model, HostDevice device)
    {
        using var folder = new TemporaryFolder();
        return Network.Load(folder.Write("a.onnx", model), device).Match(_ => true, _ => false);
    }

    static byte[] Compressed(byte[] model, HostDevice device)
    {
        using var folder = new TemporaryFolder();
        var options = new CompressOptions
        {
            Compression = new CompressionSpec { K = 4, KMeansIterations = 1 },
            Permutation = null,
        };
        Network
            .Load(folder.Write("a.onnx", model), device)
            .Bind(network => CompressJob.Run(network, options))
            .Bind(compressed => compressed.Model.AsStored().Write(folder.File("a.pqf")))
            .Value();
        return File.ReadAllBytes(folder.File("a.pqf"));
    }
}
