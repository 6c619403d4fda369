namespace Pqf.Tensors.Formats;

/// <summary>The checksum of zip archives: CRC-32 of ISO 3309, reflected, polynomial 0xEDB88320.</summary>
static class Crc32
{
    const uint Polynomial = 0xEDB88320;
    const int Slices = 8;

    // Tables[s, b]: the effect of byte b followed by s zero bytes; eight bytes are folded at a time.
    static readonly uint[] Tables = CreateTables();

    /// <summary>The checksum of what came before and these bytes.</summary>
    /// <param name="bytes">The next bytes.</param>
    /// <param name="before">The checksum so far; 0 at the start.</param>
    public static uint Append(ReadOnlySpan<byte> bytes, uint before = 0)
    {
        uint crc = ~before;
        uint[] tables = Tables;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            uint low = BitConverter.ToUInt32(bytes) ^ crc;
            uint high = BitConverter.ToUInt32(bytes[4..]);
            crc =
                tables[(7 << 8) + (int)(low & 255)]
                ^ tables[(6 << 8) + (int)((low >> 8) & 255)]
                ^ tables[(5 << 8) + (int)((low >> 16) & 255)]
                ^ tables[(4 << 8) + (int)(low >> 24)]
                ^ tables[(3 << 8) + (int)(high & 255)]
                ^ tables[(2 << 8) + (int)((high >> 8) & 255)]
                ^ tables[(1 << 8) + (int)((high >> 16) & 255)]
                ^ tables[(int)(high >> 24)];
        }

        foreach (byte b in bytes)
            crc = (crc >> 8) ^ tables[(int)((crc ^ b) & 255)];
        return ~crc;
    }

    static uint[] CreateTables()
    {
        uint[] tables = new uint[Slices << 8];
        for (uint b = 0; b < 256; b++)
        {
            uint crc = b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            tables[b] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(int)(tables[i - 256] & 255)];
        return tables;
    }
}
