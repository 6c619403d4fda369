using Pqf.Tensors.Formats;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public class StoredTensorTests
{
    static StoredTensor Of<T>(DType type, params T[] values)
        where T : unmanaged => StoredTensor.FromValues("t", type, new(values.Length), values);

    public static TheoryData<StoredTensor, float[]> Singles =>
        new()
        {
            { Of(DType.F32, -1.5f, float.NaN), [-1.5f, float.NaN] },
            { Of(DType.F64, 0.1, double.PositiveInfinity, 1e-300), [0.1f, float.PositiveInfinity, 0] },
            { Of(DType.F16, (Half)0.5f, Half.MaxValue, Half.Epsilon), [0.5f, 65504, 5.9604645e-8f] },
            { Of(DType.BF16, (ushort)0x3FC0, (ushort)0xFF80), [1.5f, float.NegativeInfinity] },
            { Of(DType.Bool, (byte)0, (byte)1, (byte)2), [0, 1, 1] },
            { Of(DType.U8, byte.MaxValue), [255] },
            { Of(DType.I8, sbyte.MinValue), [-128] },
            { Of(DType.U16, ushort.MaxValue), [65535] },
            { Of(DType.I16, short.MinValue), [-32768] },
            { Of(DType.U32, 1u << 31), [2147483648f] },
            { Of(DType.I32, int.MinValue), [-2147483648f] },
            { Of(DType.U64, 1ul << 62), [4611686018427387904f] },
            { Of(DType.I64, long.MinValue), [-9223372036854775808f] },
        };

    [Theory]
    [MemberData(nameof(Singles), DisableDiscoveryEnumeration = true)]
    public void Every_type_is_read_as_singles(StoredTensor tensor, float[] expected) => Assert.Equal(expected, tensor.ToSingles());

    public static TheoryData<StoredTensor, string> NoSingles =>
        new()
        {
            { Of(DType.F64, 1, 1e39), "t: element 1 is 1E+39, which a single cannot hold" },
            { Of(DType.I32, 16777217), "t: element 0 is 16777217, which a single cannot hold" },
            { Of(DType.I64, long.MaxValue), "t: element 0 is 9223372036854775807, which a single cannot hold" },
            { Of(DType.U64, ulong.MaxValue), "t: element 0 is 18446744073709551615, which a single cannot hold" },
        };

    [Theory]
    [MemberData(nameof(NoSingles), DisableDiscoveryEnumeration = true)]
    public void A_value_that_is_no_single_is_named(StoredTensor tensor, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(tensor.ToSingles).Message);

    [Fact]
    public void Shorts_are_read_as_unsigned_codes() => Assert.Equal([65535, 2047], Of<short>(DType.I16, -1, 2047).ToCodes());

    [Fact]
    public void Bytes_and_longs_are_read_as_codes()
    {
        Assert.Equal([0, 255], Of<byte>(DType.U8, 0, 255).ToCodes());
        Assert.Equal([65535], Of<ushort>(DType.U16, 65535).ToCodes());
        Assert.Equal([65535], Of<long>(DType.I64, 65535).ToCodes());
    }

    [Fact]
    public void A_value_that_is_no_code_is_named()
    {
        Assert.Equal(
            "t: element 0 is 65536, which a code of 0 to 65,535 cannot hold",
            Assert.Throws<InvalidDataException>(Of<long>(DType.I64, 65536).ToCodes).Message
        );
        Assert.Equal(
            "t: element 0 is -1, which a code of 0 to 65,535 cannot hold",
            Assert.Throws<InvalidDataException>(Of<sbyte>(DType.I8, -1).ToCodes).Message
        );
        Assert.Equal("t: expected integers, got F16", Assert.Throws<InvalidDataException>(Of(DType.F16, Half.One).ToCodes).Message);
    }

    [Fact]
    public void Integers_and_truth_values_are_read_as_32_bits()
    {
        Assert.Equal([-1, 2], Of<short>(DType.I16, -1, 2).ToInt32s());
        Assert.Equal([0, 1], Of<byte>(DType.Bool, 0, 1).ToInt32s());
        Assert.Equal(
            "t: element 0 is 2147483648, which a 32-bit integer cannot hold",
            Assert.Throws<InvalidDataException>(Of<uint>(DType.U32, 1u << 31).ToInt32s).Message
        );
    }

    [Fact]
    public void A_destination_of_another_length_breaks_the_contract() =>
        Assert.Equal(
            "ReadSingles: expected 2 elements for t [2], got 3",
            Assert.Throws<ShapeException>(() => Of(DType.F32, 1f, 2f).ReadSingles(new float[3])).Message
        );
}
