using System.Buffers.Binary;

namespace Pqf.Cli.Tests.Images;

/// <summary>TIFF files made for tests: one strip, not compressed.</summary>
static class TestTiffs
{
    /// <summary>Writes an image.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="bits">Of a sample: 8 or 16.</param>
    /// <param name="sample">The value of each sample, row by row.</param>
    /// <param name="orientation">The tag; null for none.</param>
    public static byte[] Write(int height, int width, int channels, int bits, Func<int, int> sample, int? orientation = null)
    {
        int count = height * width * channels;
        (int Tag, int Value)[] tags =
        [
            (256, width),
            (257, height),
            (258, bits),
            (259, 1),
            (262, channels == 3 ? 2 : 1),
            (273, 8),
            .. orientation is { } turn ? [(274, turn)] : Array.Empty<(int, int)>(),
            (277, channels),
            (278, height),
            (279, count * bits / 8),
        ];
        int directory = (8 + (count * bits / 8) + 1) & ~1;
        byte[] file = new byte[directory + 2 + (12 * tags.Length) + 4];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), directory);
        for (int i = 0; i < count; i++)
            if (bits == 8)
                file[8 + i] = (byte)sample(i);
            else
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8 + (2 * i)), (ushort)sample(i));
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(directory), (short)tags.Length);
        for (int i = 0; i < tags.Length; i++)
        {
            var entry = file.AsSpan(directory + 2 + (12 * i));
            BinaryPrimitives.WriteInt16LittleEndian(entry, (short)tags[i].Tag);
            BinaryPrimitives.WriteInt16LittleEndian(entry[2..], 4);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], 1);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], tags[i].Value);
        }

        return file;
    }
}
