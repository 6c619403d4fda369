using System.Text;
using Pqf.Compression.TensorBoard;
using Pqf.Tensors;
using Pqf.Testing.TensorBoard;
using Xunit;

namespace Pqf.Compression.Tests.TensorBoard;

public class Crc32CTests
{
    // RFC 3720, appendix B.4 (its bytes are in transmission order); the digits are the check value of the catalogue of parametrised CRCs.
    [Fact]
    public void Known_vectors_come_out()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat(byte.MaxValue, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
        Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void Any_length_is_the_division_by_the_polynomial()
    {
        var key = RngKey.FromSeed(3);
        byte[] bytes = [.. Enumerable.Range(0, 40).Select(i => (byte)key.Bits((ulong)i))];
        Assert.All(
            Enumerable.Range(0, 41),
            length => Assert.Equal(EventFile.Crc32C(bytes.AsSpan(0, length)), Crc32C.Of(bytes.AsSpan(0, length)))
        );
    }
}
