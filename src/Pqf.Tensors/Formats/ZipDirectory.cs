using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>One file within a zip archive.</summary>
/// <param name="Name">Its path.</param>
/// <param name="IsDeflated">Compressed, else stored as it is.</param>
/// <param name="PackedBytes">Bytes in the archive.</param>
/// <param name="Bytes">Bytes when unpacked.</param>
/// <param name="Crc">Checksum of the unpacked bytes.</param>
/// <param name="HeaderOffset">Its local header.</param>
readonly record struct ZipEntry(string Name, bool IsDeflated, long PackedBytes, long Bytes, uint Crc, long HeaderOffset);

/// <summary>The central directory of a mapped zip archive, with zip64 records. Stored entries are read in place.</summary>
/// <remarks>Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 to 4.5.</remarks>
sealed class ZipDirectory
{
    const uint EndSignature = 0x06054B50,
        End64Signature = 0x06064B50,
        Locator64Signature = 0x07064B50,
        EntrySignature = 0x02014B50,
        LocalSignature = 0x04034B50;
    const int EndBytes = 22,
        Locator64Bytes = 20,
        EntryBytes = 46,
        LocalBytes = 30,
        MaxCommentBytes = 65_535;
    const ushort Zip64Field = 1;

    // Real weights shrink to a half at best; a bomb claims a thousand times its size.
    const int MaxRatio = 64;

    readonly MappedFile file;

    /// <summary>Reads the directory.</summary>
    /// <exception cref="InvalidDataException">There is none, or it does not fit the file.</exception>
    public ZipDirectory(MappedFile file)
    {
        this.file = file;
        var (count, offset) = FindDirectory();
        var entries = new Dictionary<string, ZipEntry>();
        for (long i = 0; i < count; i++)
        {
            var entry = ReadEntry(ref offset);
            if (!entries.TryAdd(entry.Name, entry))
                throw new InvalidDataException($"zip archive: {Printable.Name(entry.Name)} occurs twice");
        }

        CheckUnpacked(entries.Values);
        Entries = entries;
    }

    /// <summary>All entries, by path.</summary>
    public IReadOnlyDictionary<string, ZipEntry> Entries { get; }

    /// <summary>An entry's bytes: in place if stored, unpacked into a new array if deflated.</summary>
    /// <exception cref="InvalidDataException">They do not lie within the archive, or are not those that the directory
    /// describes.</exception>
    public ReadOnlySpan<byte> Read(ZipEntry entry)
    {
        var packed = file.Slice(DataOffset(entry), entry.PackedBytes);
        return entry.IsDeflated ? Inflate(entry, packed) : packed;
    }

    /// <summary>Checks that unpacking entries, one or the other perhaps several times, takes no more than a small multiple of the
    /// archive.</summary>
    /// <exception cref="InvalidDataException">It takes more.</exception>
    public void CheckUnpacked(IEnumerable<ZipEntry> entries)
    {
        if (entries.Where(entry => entry.IsDeflated).Sum(entry => (double)entry.Bytes) > (double)MaxRatio * file.Length)
            throw new InvalidDataException(
                $"zip archive: its compressed entries claim to be more than {MaxRatio} times as large as the file"
            );
    }

    /// <summary>Checks that an entry lies within the archive and, if compressed, unpacks as described, so that reading it later cannot
    /// fail.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>.</exception>
    public void Check(ZipEntry entry) => Read(entry);

    static unsafe byte[] Inflate(ZipEntry entry, ReadOnlySpan<byte> packed)
    {
        if (packed.IsEmpty) // no stream is that short, and there is no address to read from
            throw Corrupt(entry);
        byte[] bytes = new byte[entry.Bytes];
        fixed (byte* start = packed)
        {
            using var source = new UnmanagedMemoryStream(start, packed.Length);
            using var inflated = new DeflateStream(source, CompressionMode.Decompress);
            int length = inflated.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length < bytes.Length || inflated.ReadByte() >= 0 || Crc32.Append(bytes) != entry.Crc)
                throw Corrupt(entry);
        }

        return bytes;
    }

    static InvalidDataException Corrupt(ZipEntry entry) =>
        new(
            $"zip archive: {Printable.Name(entry.Name)} is corrupt: it does not unpack to the {entry.Bytes} bytes that the directory "
                + $"describes"
        );

    long DataOffset(ZipEntry entry)
    {
        var header = file.Slice(entry.HeaderOffset, LocalBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature)
            throw new InvalidDataException($"zip archive: {Printable.Name(entry.Name)} has no header at byte {entry.HeaderOffset}");
        return entry.HeaderOffset + LocalBytes + UInt16(header, 26) + UInt16(header, 28);
    }

    (long Count, long Offset) FindDirectory()
    {
        long tailBytes = Math.Min(file.Length, EndBytes + MaxCommentBytes);
        long tailOffset = file.Length - tailBytes;
        var tail = file.Slice(tailOffset, tailBytes);
        Span<byte> signature = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(signature, EndSignature);
        int at = tail.LastIndexOf(signature);
        if (at < 0 || at + EndBytes > tail.Length)
            throw new InvalidDataException("zip archive without its directory; the file is truncated or corrupt");
        var end = tail[at..];
        long count = UInt16(end, 10),
            offset = UInt32(end, 16);
        if (
            tailOffset + at - Locator64Bytes is var locatorOffset and >= 0
            && file.Slice(locatorOffset, Locator64Bytes) is var locator
            && UInt32(locator, 0) == Locator64Signature
        )
        {
            var end64 = file.Slice(Int64(locator, 8), 56);
            if (UInt32(end64, 0) != End64Signature)
                throw new InvalidDataException("zip archive: its 64-bit directory record is missing");
            (count, offset) = (Int64(end64, 32), Int64(end64, 48));
        }

        return (count, offset);
    }

    ZipEntry ReadEntry(ref long offset)
    {
        var header = file.Slice(offset, EntryBytes);
        if (UInt32(header, 0) != EntrySignature)
            throw new InvalidDataException($"zip archive: no directory entry at byte {offset}");
        int nameBytes = UInt16(header, 28),
            extraBytes = UInt16(header, 30),
            commentBytes = UInt16(header, 32);
        string name = Encoding.UTF8.GetString(file.Slice(offset + EntryBytes, nameBytes));
        var extra = file.Slice(offset + EntryBytes + nameBytes, extraBytes);
        long bytes = UInt32(header, 24),
            packedBytes = UInt32(header, 20),
            headerOffset = UInt32(header, 42);
        WidenFrom(extra, ref bytes, ref packedBytes, ref headerOffset);
        int method = UInt16(header, 10);
        if ((UInt16(header, 8) & 1) != 0 || method is not (0 or 8))
            throw new InvalidDataException(
                $"zip archive: {Printable.Name(name)} is encrypted or compressed by method {method}; stored and deflated entries are read"
            );
        if (bytes < 0 || packedBytes < 0 || headerOffset < 0 || bytes > int.MaxValue || (method == 0 && bytes != packedBytes))
            throw new InvalidDataException($"zip archive: {Printable.Name(name)} claims {bytes} bytes in {packedBytes} at {headerOffset}");
        offset += EntryBytes + nameBytes + extraBytes + commentBytes;
        return new(name, method == 8, packedBytes, bytes, UInt32(header, 16), headerOffset);
    }

    /// <summary>Replaces each value that the 32-bit fields leave to the zip64 field.</summary>
    static void WidenFrom(ReadOnlySpan<byte> extra, ref long bytes, ref long packedBytes, ref long headerOffset)
    {
        while (extra.Length >= 4)
        {
            int id = UInt16(extra, 0),
                size = Math.Min(UInt16(extra, 2), extra.Length - 4);
            var field = extra.Slice(4, size);
            if (id == Zip64Field)
            {
                Widen(ref bytes, ref field);
                Widen(ref packedBytes, ref field);
                Widen(ref headerOffset, ref field);
            }

            extra = extra[(4 + size)..];
        }
    }

    static void Widen(ref long value, ref ReadOnlySpan<byte> field)
    {
        if (value != uint.MaxValue || field.Length < 8)
            return;
        value = Int64(field, 0);
        field = field[8..];
    }

    static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
