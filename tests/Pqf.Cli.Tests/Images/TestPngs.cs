using System.Buffers.Binary;
using System.IO.Compression;

namespace Pqf.Cli.Tests.Images;

/// <summary>PNG files made for tests.</summary>
static class TestPngs
{
    /// <summary>Writes an image of 16 bits; rows take the five filters in turn.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="colourType">0 grey, 2 colour, 4 grey with transparency, 6 colour with transparency.</param>
    /// <param name="sample">The value of each sample, row by row.</param>
    public static byte[] Write(int height, int width, byte colourType, Func<int, int> sample)
    {
        int channels = colourType switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        int length = width * channels * 2;
        byte[] raw = new byte[height * length];
        for (int i = 0; i < raw.Length / 2; i++)
            BinaryPrimitives.WriteUInt16BigEndian(raw.AsSpan(2 * i), (ushort)sample(i));
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
            for (int y = 0; y < height; y++)
            {
                compressed.WriteByte((byte)(y % 5));
                for (int i = 0; i < length; i++)
                    compressed.WriteByte((byte)(raw[(y * length) + i] - Predicted(raw, y, i, length, channels * 2)));
            }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (16, colourType);
        return
        [
            0x89,
            .. "PNG\r\n"u8,
            0x1A,
            0x0A,
            .. Chunk("IHDR"u8, header),
            .. Chunk("IDAT"u8, data.ToArray()[..^20]),
            .. Chunk("IDAT"u8, data.ToArray()[^20..]),
            .. Chunk("IEND"u8, []),
        ];
    }

    /// <summary>One chunk: length, name, data and checksum.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> name, byte[] data)
    {
        byte[] length = new byte[4],
            check = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        uint remainder = uint.MaxValue;
        foreach (byte value in (byte[])[.. name, .. data])
        {
            remainder ^= value;
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder >> 1) ^ (0xEDB88320 & (0 - (remainder & 1)));
        }

        BinaryPrimitives.WriteUInt32BigEndian(check, ~remainder);
        return [.. length, .. name, .. data, .. check];
    }

    static int Predicted(byte[] raw, int y, int i, int length, int pixel)
    {
        int at = (y * length) + i,
            left = i < pixel ? 0 : raw[at - pixel],
            up = y == 0 ? 0 : raw[at - length],
            corner = y == 0 || i < pixel ? 0 : raw[at - length - pixel];
        int[] near = [left, up, corner];
        return (y % 5) switch
        {
            1 => left,
            2 => up,
            3 => (left + up) / 2,
            4 => near.MinBy(value => Math.Abs(left + up - corner - value)),
            _ => 0,
        };
    }
}
