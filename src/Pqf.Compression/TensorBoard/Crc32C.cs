using System.Buffers.Binary;
using System.Numerics;

namespace Pqf.Compression.TensorBoard;

/// <summary>The checksum of event files: CRC-32C (Castagnoli; RFC 3720, section 12.1).</summary>
static class Crc32C
{
    // TensorFlow's record format (tensorflow/core/lib/hash/crc32c.h documents it): a checksum of data that hold checksums is weak, so they
    // are rotated and shifted.
    const int MaskRotation = 15;
    const uint MaskDelta = 0xA282EAD8;

    /// <summary>The checksum.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>The checksum as records store it.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Of(bytes), MaskRotation) + MaskDelta;
}
