using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Reporting;

/// <summary>Writes pictures of at most 256 colours in the PNG format.</summary>
/// <remarks>Source: W3C, Portable Network Graphics, second edition: 8 bits an index, no filter, no interlacing.</remarks>
static class IndexedPng
{
    static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>A file's bytes.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">[height, width], indices into the palette.</param>
    /// <param name="palette">Red, green and blue of each colour; the first colour is transparent.</param>
    public static byte[] Write(int width, int height, ReadOnlySpan<byte> pixels, ReadOnlySpan<(byte Red, byte Green, byte Blue)> palette)
    {
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]; // 8 bits, indexed
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        byte[] colours = new byte[3 * palette.Length];
        for (int i = 0; i < palette.Length; i++)
            (colours[3 * i], colours[(3 * i) + 1], colours[(3 * i) + 2]) = palette[i];
        using var file = new MemoryStream();
        file.Write(Signature);
        WriteChunk(file, "IHDR", header);
        WriteChunk(file, "PLTE", colours);
        WriteChunk(file, "tRNS", [0]);
        WriteChunk(file, "IDAT", Deflate(width, height, pixels));
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    static byte[] Deflate(int width, int height, ReadOnlySpan<byte> pixels)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.SmallestSize))
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0); // the row's filter
                zlib.Write(pixels.Slice(y * width, width));
            }

        return data.ToArray();
    }

    static void WriteChunk(Stream file, string type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(chunk));
        file.Write(number);
    }
}
