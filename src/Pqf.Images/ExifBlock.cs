using System.Buffers.Binary;
using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>Finds the EXIF block of a JPEG or a WebP file. Skia reads orientations of 16 bits alone; some programs write 32.</summary>
/// <remarks>Source: JPEG (ITU T.81), annex B; EXIF 2.3, section 4.5; the container specification of WebP.</remarks>
static class ExifBlock
{
    const int ChunkHeader = 8;

    /// <summary>What the block says of the orientation; as stored if there is none.</summary>
    /// <param name="file">A whole file of any kind; bytes may follow it.</param>
    /// <param name="length">Its bytes.</param>
    public static Orientation OrientationOf(byte[] file, int length)
    {
        var bytes = file.AsSpan(0, length);
        var (at, count) =
            bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? InJpeg(bytes)
            : bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..].StartsWith("WEBP"u8) ? InWebP(bytes)
            : default;
        return count > 0 ? OrientationOf(file, at, count) : Orientation.TopLeft;
    }

    /// <summary>What a block says, which may begin with its name.</summary>
    /// <param name="file">Bytes that hold it.</param>
    /// <param name="at">Its first byte.</param>
    /// <param name="count">Its bytes.</param>
    public static Orientation OrientationOf(byte[] file, int at, int count)
    {
        int name = file.AsSpan(at, count).StartsWith("Exif\0\0"u8) ? 6 : 0;
        return TiffDirectory.OrientationOf(file, at + name, count - name);
    }

    /// <summary>The first block among the segments before the image's data.</summary>
    static (int At, int Count) InJpeg(ReadOnlySpan<byte> bytes)
    {
        for (int at = 2; at + 4 <= bytes.Length && bytes[at] == 0xFF && bytes[at + 1] is not (0xDA or 0xD9); )
        {
            // Bytes of 0xFF may come before a marker.
            if (bytes[at + 1] == 0xFF)
            {
                at++;
                continue;
            }

            int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (count < 2 || count > bytes.Length - at - 2)
                break;
            if (bytes[at + 1] == 0xE1 && bytes.Slice(at + 4, count - 2).StartsWith("Exif\0\0"u8))
                return (at + 4, count - 2);
            at += 2 + count;
        }

        return default;
    }

    static (int At, int Count) InWebP(ReadOnlySpan<byte> bytes)
    {
        for (long at = 12; at + ChunkHeader <= bytes.Length; )
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[((int)at + 4)..]);
            if (count > bytes.Length - at - ChunkHeader)
                break;
            if (bytes[(int)at..].StartsWith("EXIF"u8))
                return ((int)at + ChunkHeader, (int)count);
            at += ChunkHeader + count + (count & 1);
        }

        return default;
    }
}
