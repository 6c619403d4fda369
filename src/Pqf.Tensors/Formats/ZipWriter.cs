using System.Buffers.Binary;
using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>Writes a zip archive of stored entries whose data are aligned to 64 bytes, as PyTorch's are, so that they can be
/// mapped.</summary>
/// <remarks>No zip64 records: the caller keeps to the limits. Source: PKWARE's APPNOTE.TXT 6.3.</remarks>
sealed class ZipWriter(Stream stream)
{
    /// <summary>Entries beside the tensors fit in the difference to the format's 65,535.</summary>
    public const int MaxTensors = 65_000;

    /// <summary>Headers fit in the difference to the format's 4 GiB.</summary>
    public const long MaxTensorBytes = uint.MaxValue - (64L << 20);

    const int Alignment = 64,
        LocalBytes = 30,
        EntryBytes = 46,
        EndBytes = 22;
    const ushort Version = 20; // 2.0: folders in names

    // 1 January 1980, the format's first day: files do not depend on the clock.
    const uint Date = 0x0021_0000;

    readonly List<byte> directory = [];
    int count;
    long offset;

    /// <summary>Adds one entry.</summary>
    public void Add(string name, ReadOnlySpan<byte> bytes)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        // PyTorch pads with an extra field that it calls FB.
        int extraBytes = 4 + Padding(offset + LocalBytes + nameBytes.Length + 4);
        uint crc = Crc32.Append(bytes);
        Span<byte> local = stackalloc byte[LocalBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034B50);
        WriteCommon(local[4..], crc, bytes.Length, nameBytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(local[28..], (ushort)extraBytes);
        WriteDirectoryEntry(nameBytes, crc, bytes.Length);

        byte[] extra = new byte[extraBytes];
        extra[0] = (byte)'F';
        extra[1] = (byte)'B';
        BinaryPrimitives.WriteUInt16LittleEndian(extra.AsSpan(2), (ushort)(extraBytes - 4));
        stream.Write(local);
        stream.Write(nameBytes);
        stream.Write(extra);
        stream.Write(bytes);
        offset += LocalBytes + nameBytes.Length + extraBytes + bytes.Length;
        count++;
    }

    /// <summary>Writes the directory; nothing may follow.</summary>
    public void Finish()
    {
        Span<byte> end = stackalloc byte[EndBytes];
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)count);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], (uint)directory.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], (uint)offset);
        stream.Write(directory.ToArray());
        stream.Write(end);
    }

    static int Padding(long position) => (int)((Alignment - (position % Alignment)) % Alignment);

    void WriteDirectoryEntry(byte[] nameBytes, uint crc, int size)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        entry.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014B50);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], Version);
        WriteCommon(entry[6..], crc, size, nameBytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[42..], (uint)offset);
        directory.AddRange(entry);
        directory.AddRange(nameBytes);
    }

    /// <summary>The 24 bytes that local headers and directory entries share: version to length of the name.</summary>
    static void WriteCommon(Span<byte> header, uint crc, int size, int nameLength)
    {
        header[..24].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(header, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 1 << 11); // names are UTF-8
        BinaryPrimitives.WriteUInt32LittleEndian(header[6..], Date);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], (uint)size);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)nameLength);
    }
}
