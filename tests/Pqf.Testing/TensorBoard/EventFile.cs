using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Pqf.Testing.TensorBoard;

/// <summary>A field of a protobuf message: its number and its value, as bits or as bytes.</summary>
public readonly record struct Field(int Number, ulong Bits, byte[] Bytes)
{
    public double Double => BitConverter.UInt64BitsToDouble(Bits);

    public float Single => BitConverter.UInt32BitsToSingle((uint)Bits);

    public string Text => Encoding.UTF8.GetString(Bytes);
}

/// <summary>Reads event files by the descriptions of protobuf's encoding and of TensorFlow's records alone; knows nothing of the
/// writer.</summary>
public static class EventFile
{
    /// <summary>The data of each record; both checksums of each must be right.</summary>
    public static List<byte[]> Records(byte[] file)
    {
        var records = new List<byte[]>();
        for (int at = 0; at < file.Length; )
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(Unmask(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8))), Crc32C(file.AsSpan(at, 8)));
            byte[] data = file.AsSpan(at + 12, length).ToArray();
            Assert.Equal(Unmask(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length))), Crc32C(data));
            records.Add(data);
            at += 12 + length + 4;
        }

        return records;
    }

    /// <summary>The fields of a message, in order.</summary>
    public static List<Field> Fields(byte[] message)
    {
        var fields = new List<Field>();
        int at = 0;
        ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = message[at++];
                value |= (ulong)(next & 127) << shift;
                if (next < 128)
                    return value;
            }
        }

        while (at < message.Length)
        {
            ulong tag = Varint();
            var (bits, bytes) = (tag & 7) switch
            {
                0 => (Varint(), Array.Empty<byte>()),
                1 => (BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan((at += 8) - 8)), []),
                2 => (0UL, Take((int)Varint())),
                5 => (BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan((at += 4) - 4)), []),
                _ => throw new InvalidDataException($"wire type {tag & 7}"),
            };
            fields.Add(new((int)(tag >> 3), bits, bytes));
        }

        return fields;

        byte[] Take(int length) => message.AsSpan((at += length) - length, length).ToArray();
    }

    /// <summary>The one field of a number, some messages down.</summary>
    public static Field At(byte[] message, params int[] path)
    {
        var field = Fields(message).Single(field => field.Number == path[0]);
        return path.Length == 1 ? field : At(field.Bytes, path[1..]);
    }

    /// <summary>CRC-32C bit by bit: division by the polynomial 0x1EDC6F41, both ends reflected.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1; // 0x1EDC6F41 reflected
        }

        return ~crc;
    }

    static uint Unmask(uint masked)
    {
        uint rotated = unchecked(masked - 0xA282EAD8);
        return (rotated << 15) | (rotated >> 17);
    }
}
