using System.Buffers.Binary;
using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>The first directory of a TIFF file, or of an EXIF block, which has the same form: numbers by tag.</summary>
/// <remarks>Source: TIFF 6.0, section 2; the BigTIFF design notes.</remarks>
sealed class TiffDirectory
{
    const int OrientationTag = 274;

    readonly Dictionary<int, Entry> entries = [];
    readonly byte[] file;
    readonly int start;
    readonly int length;
    readonly bool isBigEndian;

    TiffDirectory(byte[] file, int start, int length) =>
        (this.file, this.start, this.length, isBigEndian) = (file, start, length, file[start] == 'M');

    /// <summary>Values of one tag: their type, how many, and where they begin.</summary>
    readonly record struct Entry(int Type, long Count, long At);

    /// <summary>What is wrong with the directory; null if nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether bytes begin as a TIFF file does.</summary>
    public static bool IsTiff(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8);

    /// <summary>The orientation that an EXIF block asks for; as stored where it asks for none or cannot be read.</summary>
    /// <param name="file">Bytes that hold it.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    public static Orientation OrientationOf(byte[] file, int start, int length) =>
        IsTiff(file.AsSpan(start, length)) ? Read(file, start, length).Orientation : Orientation.TopLeft;

    /// <summary>Reads a directory.</summary>
    /// <param name="file">Bytes that begin as <see cref="IsTiff"/> says, at <paramref name="start"/>.</param>
    /// <param name="start">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static TiffDirectory Read(byte[] file, int start, int length)
    {
        var directory = new TiffDirectory(file, start, length);
        directory.Read(directory.Number(2, 2) == 43);
        return directory;
    }

    /// <summary>What the orientation tag says.</summary>
    public Orientation Orientation => this[OrientationTag] is { } tag and >= 1 and <= 8 ? (Orientation)tag : Orientation.TopLeft;

    /// <summary>The first number of a tag; null if the directory does not have it.</summary>
    public long? this[int tag] => entries.TryGetValue(tag, out var entry) && entry.Count > 0 ? Number(entry.At, SizeOf(entry.Type)) : null;

    /// <summary>The largest number of a tag; 0 if the directory does not have it.</summary>
    public long LargestOf(int tag)
    {
        long largest = 0;
        for (long i = 0; entries.TryGetValue(tag, out var entry) && i < entry.Count; i++)
            largest = Math.Max(largest, Number(entry.At + (i * SizeOf(entry.Type)), SizeOf(entry.Type)));
        return largest;
    }

    void Read(bool isLarge)
    {
        var (at, countSize, entrySize, inlineSize) = isLarge ? (Number(8, 8), 8, 20, 8) : (Number(4, 4), 2, 12, 4);
        if (at < 8 || Number(at, countSize) is not (>= 0 and var count) || count > (length - at) / entrySize)
        {
            Problem = "is a damaged TIFF image: its directory lies outside of the file";
            return;
        }

        for (at += countSize; count > 0; count--, at += entrySize)
        {
            var (tag, type, values) = ((int)Number(at, 2), (int)Number(at + 2, 2), Number(at + 4, inlineSize));
            long first = at + 4 + inlineSize,
                size = SizeOf(type);
            if (values > inlineSize / size)
                first = Number(first, inlineSize);
            // A tag of values that are not there asks readers for memory that the file cannot fill.
            if (first < 0 || values < 0 || values > length / size || first > length - (values * size))
                Problem ??= $"is a damaged TIFF image: tag {tag} lies outside of the file";
            else
                entries.TryAdd(tag, new(type, values, first));
        }
    }

    // BYTE, ASCII, SBYTE, UNDEFINED; SHORT, SSHORT; RATIONAL, DOUBLE, LONG8 and their like; all others are LONG's.
    static int SizeOf(int type) =>
        type switch
        {
            1 or 2 or 6 or 7 => 1,
            3 or 8 => 2,
            5 or 10 or 12 or 16 or 17 or 18 => 8,
            _ => 4,
        };

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes; −1 if it lies outside of the file or is too large.</summary>
    long Number(long at, int size)
    {
        if (at < 0 || at > length - size)
            return -1;
        var bytes = file.AsSpan(start + (int)at, size);
        return size switch
        {
            1 => bytes[0],
            2 => isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => (isBigEndian ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes))
                is >= 0
                    and var n
                ? n
                : -1,
        };
    }
}
