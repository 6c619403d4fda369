using System.IO.Compression;
using Pqf.Compression.Data;
using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public sealed class IdxFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_and_labels_are_read_plain_or_compressed(bool compressed)
    {
        IdxFiles.Write(folder.Path, 5, 3, compressed);
        var found = IdxFolder.Open(folder.Path).Value();
        Assert.Equal((5, 3, IdxFiles.ClassCount), (found.Train.Count, found.Test.Count, found.ClassCount));
        Assert.Equal([0, 1, 2, 0, 1], Enumerable.Range(0, 5).Select(found.Train.ClassOf));
        float[] input = new float[64];
        found
            .Train.Prepare(
                4,
                new Preprocessing
                {
                    Resize = 8,
                    Crop = 8,
                    Mean = [0],
                    Deviation = [1 / 255f],
                },
                null,
                input
            )
            .Value();
        Assert.Equal(IdxFiles.Pixels(4, 1).Select(value => (float)value), input.Select(value => MathF.Round(value)));
    }

    [Fact]
    public void A_small_file_that_claims_to_unpack_to_a_huge_one_is_refused_before_it_is()
    {
        byte[] header = [0, 0, 8, 3, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 80]; // 1024 images of 1024 by 80 pixels: 80 MiB
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(header);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 80; i++)
                gzip.Write(zeros);
        }

        packed.Position = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(
            "images: claims [1024, 1024, 80] bytes, 83886080, more than a file of its size can hold",
            IdxFile.Read(packed, "images", 3).ErrorMessage()
        );

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Fashion_MNIST_is_read_where_it_is_installed()
    {
        const string Installed = "/usr/share/datasets/fashion-mnist";
        Assert.SkipUnless(Directory.Exists(Installed), $"{Installed} is absent");
        var found = IdxFolder.Open(Installed).Value();
        Assert.Equal(
            (60_000, 10_000, 10, 28, 28),
            (found.Train.Count, found.Test.Count, found.ClassCount, found.Train.Height, found.Train.Width)
        );
        // Its classes are of equal size.
        Assert.All(found.Test.Classes.ToArray().CountBy(label => label), pair => Assert.Equal(1000, pair.Value));
    }

    [Fact]
    public void What_is_missing_damaged_or_does_not_fit_is_named()
    {
        IdxFiles.Write(folder.Path, 5, 3, false);
        string images = folder.File("train-images-idx3-ubyte"),
            labels = folder.File("train-labels-idx1-ubyte");
        byte[] good = File.ReadAllBytes(images),
            goodLabels = File.ReadAllBytes(labels);

        Fails(images, good[..^1], $"{images}: claims [5, 8, 8] bytes, 320, but holds 319");
        Fails(images, [.. good, 0], $"{images}: claims [5, 8, 8] bytes, 320, but holds more");
        Fails(images, good[..9], $"{images}: is truncated");
        Fails(
            images,
            [0, 0, 0x0D, .. good[3..]],
            $"{images}: expected an IDX file of bytes with 3 axes, got one that begins with 00000D03"
        );
        Fails(
            images,
            [.. good[..4], 0x7F, 0xFF, 0xFF, 0xFF, .. good[8..]],
            $"{images}: claims [2147483647, 8, 8] bytes; at most 1073741824 are read"
        );
        Fails(images, Gzip(good)[..20], $"{images}: is truncated", $"{images}: claims");
        File.WriteAllBytes(images, good);
        Fails(labels, [.. goodLabels[..7], 4, .. goodLabels[8..^1]], $"{labels}: expected 5 labels, as there are images, got 4");
        Fails(
            labels,
            [.. goodLabels[..8], 0, 0, 0, 0, 0],
            $"{folder.Path}: its t10k labels go to 2; expected those of train, which go to 0"
        );
        File.Delete(labels);
        Assert.Equal($"{labels}: not found, nor with .gz", IdxFolder.Open(folder.Path).ErrorMessage());
    }

    /// <summary>One of some messages, for a file's bytes.</summary>
    void Fails(string path, byte[] bytes, params string[] expected)
    {
        File.WriteAllBytes(path, bytes);
        string message = IdxFolder.Open(folder.Path).ErrorMessage();
        Assert.Contains(expected, text => message.StartsWith(text, StringComparison.Ordinal));
    }

    static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest))
            zip.Write(bytes);
        return stream.ToArray();
    }
}
