using System.Buffers.Binary;
using System.IO.Compression;
using Pqf.Testing;

namespace Pqf.Cli.Tests.Guards;

/// <summary>The demo's dense network and the first of its images as files, taken from the program's resources.</summary>
public sealed class GuardInputs : IDisposable
{
    const int TrainCount = 48,
        TestCount = 8;

    readonly TemporaryFolder folder = new();

    public GuardInputs()
    {
        File.WriteAllBytes(Weights, Resource("dense.pqf.gz"));
        Directory.CreateDirectory(Images);
        WriteFirst("train", "train", TrainCount);
        WriteFirst("test", "t10k", TestCount);
    }

    /// <summary>The dense network. Files name it without its folder.</summary>
    public string Weights => folder.File("dense.pqf");

    /// <summary>The folder of IDX files.</summary>
    public string Images => folder.File("images");

    /// <summary>The path of an output folder.</summary>
    public string Output(string name) => folder.File(name);

    public void Dispose() => folder.Dispose();

    void WriteFirst(string part, string name, int count)
    {
        File.WriteAllBytes(Path.Combine(Images, $"{name}-images-idx3-ubyte"), First(Resource($"{part}-images.idx.gz"), 16, count, 28 * 28));
        File.WriteAllBytes(Path.Combine(Images, $"{name}-labels-idx1-ubyte"), First(Resource($"{part}-labels.idx.gz"), 8, count, 1));
    }

    /// <summary>The first items of an IDX file: its header with another count, then their bytes.</summary>
    static byte[] First(byte[] file, int headerSize, int count, int itemSize)
    {
        byte[] first = file[..(headerSize + (count * itemSize))];
        BinaryPrimitives.WriteInt32BigEndian(first.AsSpan(4), count);
        return first;
    }

    /// <summary>A resource of the program, decompressed. It is found by the end of its name, since the name may begin with another
    /// namespace one day.</summary>
    static byte[] Resource(string name)
    {
        var program = typeof(CommandLine).Assembly;
        using var stream = new GZipStream(
            program.GetManifestResourceStream(
                program.GetManifestResourceNames().Single(full => full.EndsWith($".{name}", StringComparison.Ordinal))
            )!,
            CompressionMode.Decompress
        );
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
