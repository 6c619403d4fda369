namespace Pqf.Compression.Model;

/// <summary>Codes at as many bits as they need, one after the other: code i takes bits i·b … (i + 1)·b − 1, lowest bit first.</summary>
static class CodePacking
{
    /// <summary>Bytes of that many codes.</summary>
    public static int SizeBytes(int count, int bits) => (int)((((long)count * bits) + 7) / 8);

    /// <summary>Packs codes, each below 2^bits.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="bits">0 … 16.</param>
    /// <param name="bytes">[<see cref="SizeBytes"/>]: filled; bits after the last code are zero.</param>
    public static void Pack(ReadOnlySpan<ushort> codes, int bits, Span<byte> bytes)
    {
        ulong waiting = 0;
        int waitingBits = 0,
            next = 0;
        foreach (ushort code in codes)
        {
            waiting |= (ulong)code << waitingBits;
            waitingBits += bits;
            for (; waitingBits >= 8; waitingBits -= 8, waiting >>= 8)
                bytes[next++] = (byte)waiting;
        }

        if (waitingBits > 0)
            bytes[next] = (byte)waiting;
    }

    /// <summary>Unpacks codes; bits after the last are not looked at.</summary>
    /// <param name="bytes">At least <see cref="SizeBytes"/>; may be the last of the bytes that the codes are to take.</param>
    /// <param name="codes">Filled.</param>
    /// <param name="bits">0 … 16.</param>
    public static void Unpack(ReadOnlySpan<byte> bytes, Span<ushort> codes, int bits)
    {
        if (bits == 8) // k = 256: nearly every layer
        {
            for (int i = 0; i < codes.Length; i++)
                codes[i] = bytes[i];
            return;
        }

        ulong waiting = 0;
        int waitingBits = 0,
            next = 0;
        for (int i = 0; i < codes.Length; i++)
        {
            for (; waitingBits < bits; waitingBits += 8)
                waiting |= (ulong)bytes[next++] << waitingBits;
            codes[i] = (ushort)(waiting & ((1UL << bits) - 1));
            waiting >>= bits;
            waitingBits -= bits;
        }
    }
}
