using Pqf.Compression.Model;
using Xunit;

namespace Pqf.Compression.Tests;

public class CodePackingTests
{
    [Fact]
    public void Codes_follow_one_another_lowest_bit_first() =>
        // 5 = 101, 2 = 010, 7 = 111, 1 = 001: bits 101 010 11|1 100
        Assert.Equal([0b11_010_101, 0b0000_001_1], Packed([5, 2, 7, 1], 3));

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 9)]
    [InlineData(8, 3)]
    [InlineData(11, 1000)]
    [InlineData(16, 7)]
    public void Unpacking_undoes_packing_at_the_counted_size(int bits, int count)
    {
        ushort[] codes = [.. Enumerable.Range(0, count).Select(i => (ushort)((i * 40503) & ((1 << bits) - 1)))];
        byte[] packed = Packed(codes, bits);
        Assert.Equal(((count * bits) + 7) / 8, packed.Length);
        ushort[] unpacked = new ushort[count];
        CodePacking.Unpack(packed, unpacked, bits);
        Assert.Equal(codes, unpacked);
    }

    static byte[] Packed(ushort[] codes, int bits)
    {
        byte[] bytes = new byte[CodePacking.SizeBytes(codes.Length, bits)];
        CodePacking.Pack(codes, bits, bytes);
        return bytes;
    }
}
