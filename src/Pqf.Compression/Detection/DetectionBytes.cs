using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Nets.Coco;
using Pqf.Nets.Masks;

namespace Pqf.Compression.Detection;

/// <summary>Found objects as a message between ranks of one program.</summary>
static class DetectionBytes
{
    /// <summary>The message.</summary>
    public static byte[] Of(ImmutableArray<CocoDetection> found)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(found.Length);
        foreach (var one in found)
        {
            writer.Write(one.ImageId);
            writer.Write(one.CategoryId);
            writer.Write(one.Score);
            Write(writer, one.Box);
            Write(writer, one.Mask);
        }

        return stream.ToArray();
    }

    /// <summary>Reads a message.</summary>
    public static IEnumerable<CocoDetection> Read(byte[] message)
    {
        using var reader = new BinaryReader(new MemoryStream(message));
        for (int left = reader.ReadInt32(); left > 0; left--)
            yield return new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadDouble(), ReadBox(reader), ReadMask(reader));
    }

    static void Write(BinaryWriter writer, CocoBox? box)
    {
        writer.Write(box is not null);
        if (box is not var (x, y, width, height))
            return;
        foreach (double number in (double[])[x, y, width, height])
            writer.Write(number);
    }

    static CocoBox? ReadBox(BinaryReader reader) =>
        reader.ReadBoolean() ? new CocoBox(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble()) : null;

    static void Write(BinaryWriter writer, Rle? mask)
    {
        writer.Write(mask is not null);
        if (mask is null)
            return;
        writer.Write(mask.Height);
        writer.Write(mask.Width);
        writer.Write(mask.Counts.Length);
        writer.Write(MemoryMarshal.AsBytes(mask.Counts));
    }

    static Rle? ReadMask(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
            return null;
        int height = reader.ReadInt32(),
            width = reader.ReadInt32();
        int[] counts = new int[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(counts.AsSpan()));
        return new Rle(height, width, counts);
    }
}
