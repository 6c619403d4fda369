using System.Buffers.Binary;
using System.IO.Compression;
using Pqf.Autodiff;
using Pqf.Compression.Reporting;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

public sealed class CodebookPictureTests
{
    [Fact]
    public void Centroids_come_by_use_and_kernels_of_large_blocks_stand_side_by_side()
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        float[] values = [.. Enumerable.Range(0, 36).Select(i => (float)i)];
        var weight = new Weight.Quantised(
            Tensor<float>.From(host, [2, 18], values),
            Tensor<ushort>.From(host, [1, 3], [1, 0, 1]),
            [1, 6, 3, 3]
        );
        var book = Codebook.Of("x", weight);
        Assert.Equal((3, 6), (book.Height, book.Width));
        Assert.Equal([2, 1], book.Uses);
        Assert.Equal(values[18..], book.Centroids[0]);
        Assert.Equal((0, 0), book.PlaceOf(0));
        Assert.Equal((2, 1), book.PlaceOf(5));
        Assert.Equal((3, 0), book.PlaceOf(9));
        Assert.Equal((5, 2), book.PlaceOf(17));
    }

    [Theory]
    [InlineData(4, 2, 2)]
    [InlineData(8, 3, 3)]
    [InlineData(6, 2, 3)]
    public void Blocks_of_single_weights_are_near_a_square(int d, int height, int width)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var weight = new Weight.Quantised(Tensor<float>.Zeros(host, [1, d]), Tensor<ushort>.From(host, [2, 1], [0, 0]), [2, d]);
        var book = Codebook.Of("fc", weight);
        Assert.Equal((height, width), (book.Height, book.Width));
        Assert.Equal(d, Enumerable.Range(0, d).Select(book.PlaceOf).Distinct().Count());
        Assert.All(Enumerable.Range(0, d).Select(book.PlaceOf), place => Assert.True(place.X < width && place.Y < height));
    }

    [Fact]
    public void The_picture_has_a_cell_for_each_value_blue_to_red_and_nothing_between_centroids()
    {
        // Two centroids of 2×2: −1, 0, 1, ½ and all zeros; beside each other with a column between.
        byte[] png = CodebookPicture.Png(
            new Codebook(
                "x",
                2,
                2,
                [
                    [-1, 0, 1, 0.5f],
                    [0, 0, 0, 0],
                ],
                [2, 1]
            )
        );
        var (width, height, pixels) = Decode(png);
        Assert.Equal((2, 5), (width, height)); // one column of two rows: √(2 · 3 / 3) rounds to 1
        Assert.Equal([1, 128, 255, 192, 0, 0, 128, 128, 128, 128], pixels);
    }

    /// <summary>Reads what <c>IndexedPng</c> writes, by the specification: checks each chunk's checksum with a bit at a time.</summary>
    static (int Width, int Height, byte[] Pixels) Decode(byte[] png)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(png.AsSpan(0, 8)));
        var chunks = new Dictionary<string, byte[]>();
        for (int at = 8; at < png.Length; )
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            Assert.Equal(Crc(png.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            chunks.Add(System.Text.Encoding.ASCII.GetString(png, at + 4, 4), png[(at + 8)..(at + 8 + length)]);
            at += 12 + length;
        }

        Assert.Equal(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"], chunks.Keys);
        Assert.Equal(3 * 256, chunks["PLTE"].Length);
        int width = BinaryPrimitives.ReadInt32BigEndian(chunks["IHDR"]),
            height = BinaryPrimitives.ReadInt32BigEndian(chunks["IHDR"].AsSpan(4));
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(chunks["IDAT"]), CompressionMode.Decompress))
            zlib.CopyTo(rows);
        byte[] all = rows.ToArray();
        Assert.Equal(height * (width + 1), all.Length);
        return (width, height, [.. Enumerable.Range(0, height).SelectMany(y => all[((y * (width + 1)) + 1)..((y + 1) * (width + 1))])]);
    }

    static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
