using System.Buffers.Binary;
using System.IO.Compression;
using Pqf.Tensors;

namespace Pqf.Testing;

/// <summary>IDX files of grey images of 8×8 in three classes, each bright in another third.</summary>
public static class IdxFiles
{
    public const int ClassCount = 3;

    /// <summary>Writes the four files.</summary>
    public static void Write(string folder, int trainCount, int testCount, bool compressed = false)
    {
        Directory.CreateDirectory(folder);
        foreach (var (part, count) in new[] { ("train", trainCount), ("t10k", testCount) })
        {
            Write(
                Path.Combine(folder, $"{part}-images-idx3-ubyte"),
                [count, 8, 8],
                [.. Enumerable.Range(0, count).SelectMany(i => Pixels(i, i % ClassCount))],
                compressed
            );
            Write(
                Path.Combine(folder, $"{part}-labels-idx1-ubyte"),
                [count],
                [.. Enumerable.Range(0, count).Select(i => (byte)(i % ClassCount))],
                compressed
            );
        }
    }

    /// <summary>[64].</summary>
    public static byte[] Pixels(int image, int label) =>
        [.. Enumerable.Range(0, 64).Select(i => (byte)(RngKey.FromSeed(image).Below(120, (ulong)i) + (i / 22 == label ? 130 : 0)))];

    static void Write(string path, int[] lengths, byte[] values, bool compressed)
    {
        byte[] header = new byte[4 + (4 * lengths.Length)];
        (header[2], header[3]) = (8, (byte)lengths.Length);
        for (int axis = 0; axis < lengths.Length; axis++)
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + (4 * axis)), lengths[axis]);
        using Stream file = File.Create(compressed ? path + ".gz" : path),
            stream = compressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write([.. header, .. values]);
    }
}
