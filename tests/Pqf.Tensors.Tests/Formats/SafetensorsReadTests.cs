using System.Buffers.Binary;
using System.Text;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class SafetensorsReadTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static byte[] Bytes(string header, params byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }

    string Problem(byte[] file)
    {
        string path = folder.Write("a.safetensors", file);
        string message = TensorFiles.Open(path).ErrorMessage();
        Assert.StartsWith(path + ": ", message);
        return message[(path.Length + 2)..];
    }

    [Fact]
    public void A_literal_file_is_read()
    {
        // Produced by: the format's documentation, by hand; data before and after an empty tensor, keys not in order of the data.
        byte[] file = Bytes(
            """{"b":{"dtype":"I16","shape":[2],"data_offsets":[4,8]},"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"z":{"dtype":"F64","shape":[0,3],"data_offsets":[4,4]}}""",
            0,
            0,
            0xC0,
            0x3F,
            0xFE,
            0xFF,
            3,
            0
        );
        using var opened = TensorFiles.Open(folder.Write("a", file)).Value();

        Assert.Equal("safetensors", opened.Format);
        Assert.Equal(["a", "z", "b"], opened.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("v", opened.Metadata["k"]);
        Assert.Equal([1.5f], opened.ByName["a"].ToSingles());
        Assert.Equal(0, opened.ByName["a"].Shape.Rank);
        Assert.Equal([-2, 3], opened.ByName["b"].ToInt32s());
        Assert.Equal(new Shape(0, 3), opened.ByName["z"].Shape);
        Assert.Empty(opened.ByName["z"].ToSingles());
    }

    [Fact]
    public void A_reference_case_is_read()
    {
        using var file = TensorFiles.Open(SharedData.Path("reference/decode_codes.safetensors")).Value();
        Assert.NotEmpty(file.Tensors);
        Assert.All(file.Tensors, tensor => Assert.Equal(tensor.Shape.Count, tensor.ToSingles().Length));
        Assert.Contains("case", file.Metadata.Keys);
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""",
        1,
        "a: unknown dtype F8_E4M3; known: BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64"
    )]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""", 1, "a: U8 [2] needs 2 bytes, data_offsets [0, 1] give 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "a: data_offsets [1, 0] are not a range")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "a: data_offsets [0] are not a range")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "a: negative length in shape [-1]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "a: expected a whole number, got 1.5")]
    [InlineData("""{"a":{"dtype":"U8","shape":7,"data_offsets":[0,1]}}""", 1, "a: expected an array of whole numbers, got Number")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}}""",
        1,
        "a: U8 tensor of shape [4294967296, 4294967296] is larger than 2 GiB"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[65536,65536,0],"data_offsets":[0,0]}}""",
        0,
        "a: U8 tensor of shape [65536, 65536, 0] is larger than 2 GiB"
    )]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "a: data_offsets is missing")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}""", 1, "a: unknown key x")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"dtype":"U8"}}""", 0, "a: a key occurs twice")]
    [InlineData("""{"__metadata__":{"k":"v","k":"w"}}""", 0, "__metadata__: k occurs twice")]
    [InlineData("""{"a":3}""", 0, "a: expected an object with dtype, shape and data_offsets, got Number")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        3,
        "b: its bytes 1 to 3 overlap those of another tensor, which end at 2"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""",
        3,
        "b: bytes 1 to 2 before it belong to no tensor"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""",
        1,
        "a: its bytes 0 to 2 lie outside the data, which has 1; the file is truncated or corrupt"
    )]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "the tensors end at byte 1 of the data, which has 2")]
    [InlineData("""{"__metadata__":3}""", 0, "__metadata__: expected an object of strings, got Number")]
    [InlineData("""{"__metadata__":{"k":3}}""", 0, "__metadata__: k: expected a string, got Number")]
    public void A_header_that_breaks_the_format_is_an_error(string header, int dataBytes, string problem) =>
        Assert.Equal(problem, Problem(Bytes(header, new byte[dataBytes])));

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"a":""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("{}x")]
    public void A_header_that_is_not_JSON_is_an_error(string header) => Assert.StartsWith("safetensors header", Problem(Bytes(header)));

    [Theory]
    [InlineData("""{"a":{"dtype":"F32*","shape":[],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a*":{"dtype":"F32","shape":[],"data_offsets":[0,9]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"*":1}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":["*"],"data_offsets":[0,4]}}""")]
    [InlineData("""{"__metadata__":{"*":1}}""")]
    public void Long_texts_of_a_header_are_cut_where_an_error_quotes_them(string header) =>
        Assert.InRange(Problem(Bytes(header.Replace("*", new string('x', 5000), StringComparison.Ordinal))).Length, 200, 700);

    [Fact]
    public void A_deeply_nested_header_is_an_error() =>
        Assert.StartsWith(
            "safetensors header is not JSON: line 1, position 69: more levels of brackets than are read",
            Problem(Bytes("{\"a\":" + new string('[', 100_000)))
        );

    [Fact]
    public void A_header_of_millions_of_values_is_an_error_before_memory_is_taken_for_them()
    {
        byte[] file = Bytes("{\"a\":[" + string.Concat(Enumerable.Repeat("1,", 3_000_000)) + "1]}");
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("safetensors header: has more than 3000000 values", Problem(file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_header_that_claims_two_to_the_60_bytes_is_an_error()
    {
        byte[] file = Bytes("{}");
        BinaryPrimitives.WriteInt64LittleEndian(file, 1L << 60);
        Assert.Equal(
            "safetensors header claims 1152921504606846976 bytes, but the file has 10; the file is truncated or corrupt",
            Problem(file)
        );
    }

    [Fact]
    public void A_file_truncated_anywhere_is_an_error()
    {
        byte[] file = Bytes("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 1, 2, 3, 4, 5, 6, 7, 8);
        for (int length = 0; length < file.Length; length++)
            Assert.NotEqual("", Problem(file[..length]));
    }

    [Fact]
    public void A_tensor_of_a_closed_file_cannot_be_read()
    {
        var file = TensorFiles.Open(folder.Write("a", Bytes("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1))).Value();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].ToInt32s());
    }
}
