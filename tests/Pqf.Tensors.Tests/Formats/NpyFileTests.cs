using System.Text;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class NpyFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Produced by: numpy 1.24.2, np.save(f, np.array([[1, 2.5], [-3, 4]], dtype='<f4')).
    static readonly byte[] Singles =
    [
        0x93,
        .. "NUMPY\x01\0v\0"u8,
        .. Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".PadRight(117) + "\n"),
        .. (byte[])[0, 0, 0x80, 0x3F, 0, 0, 0x20, 0x40, 0, 0, 0x40, 0xC0, 0, 0, 0x80, 0x40],
    ];

    [Fact]
    public void A_file_of_NumPy_is_read_and_written_to_the_byte()
    {
        using (var file = NpyFile.Open(folder.Write("a.npy", Singles)).Value())
        {
            Assert.Equal(DType.F32, file.Tensors.Single().Type);
            Assert.Equal([2, 2], file.Tensors.Single().Shape);
            Assert.Equal([1f, 2.5f, -3f, 4f], file.Tensors.Single().ToSingles());
        }

        NpyFile.Write(folder.File("b.npy"), StoredTensor.FromSingles("x", [2, 2], [1, 2.5f, -3, 4])).Value();
        Assert.Equal(Singles, File.ReadAllBytes(folder.File("b.npy")));
    }

    [Fact]
    public void Integers_of_one_axis_as_NumPy_writes_them()
    {
        // Produced by: numpy 1.24.2, np.save(f, np.array([1, -2, 3], dtype='<i2')).
        byte[] bytes =
        [
            0x93,
            .. "NUMPY\x01\0v\0"u8,
            .. Encoding.ASCII.GetBytes("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }".PadRight(117) + "\n"),
            .. (byte[])[1, 0, 0xFE, 0xFF, 3, 0],
        ];
        using (var file = NpyFile.Open(folder.Write("a.npy", bytes)).Value())
            Assert.Equal([1, -2, 3], file.Tensors.Single().ToInt32s());
        NpyFile.Write(folder.File("b.npy"), StoredTensor.FromValues<short>("x", DType.I16, [3], [1, -2, 3])).Value();
        Assert.Equal(bytes, File.ReadAllBytes(folder.File("b.npy")));
    }

    public static TheoryData<DType> Types { get; } = [.. Enum.GetValues<DType>().Where(type => type != DType.BF16)];

    [Theory, MemberData(nameof(Types))]
    public void Every_type_is_read_as_it_was_written(DType type)
    {
        byte[] values = [.. Enumerable.Range(0, 6 * type.SizeBytes()).Select(i => (byte)(i % 2))];
        NpyFile.Write(folder.File("x.npy"), new StoredTensor("x", type, [1, 2, 3], values.CopyTo)).Value();
        using var file = NpyFile.Open(folder.File("x.npy")).Value();
        var tensor = file.Tensors.Single();
        byte[] read = new byte[values.Length];
        tensor.ReadBytes(read);
        Assert.Equal(type, tensor.Type);
        Assert.Equal([1, 2, 3], tensor.Shape);
        Assert.Equal(values, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2, 0, 5")]
    public void Scalars_and_empty_arrays_are_arrays(string lengths)
    {
        Shape shape = [.. lengths.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        NpyFile.Write(folder.File("x.npy"), StoredTensor.FromSingles("x", shape, new float[shape.Count])).Value();
        using var file = NpyFile.Open(folder.File("x.npy")).Value();
        Assert.Equal(shape, file.Tensors.Single().Shape);
    }

    [Fact]
    public void Bfloat16_is_no_type_of_NumPy() =>
        Assert.Equal(
            $"{folder.File("x.npy")}: a .npy file cannot hold numbers of type BF16",
            NpyFile
                .Write(folder.File("x.npy"), StoredTensor.FromValues<ushort>("x", DType.BF16, [1], [0]))
                .Match(_ => "written", error => error.Message)
        );

    public static TheoryData<string, string> Headers { get; } =
        new()
        {
            {
                "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
                ".npy file holds numbers of type >f4, big-endian; expected little-endian ones"
            },
            {
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                ".npy file holds values of type |O; expected one of <f4, <f2, <f8, |i1, |u1, |b1, <i2, <u2, <i4, <u4, <i8, <u8"
            },
            {
                "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }",
                ".npy file holds its values column by column; expected row by row (numpy.ascontiguousarray)"
            },
            { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", ".npy file has 4 bytes of values; expected 8 for F32 [2]" },
            {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536), }",
                "array: F32 tensor of shape [65536, 65536] is larger than 2 GiB"
            },
            {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                ".npy header does not say type, order and shape of an array of numbers"
            },
            { "{'shape': (1,), }", ".npy header does not say type, order and shape of an array of numbers" },
            { "[", ".npy header does not say type, order and shape of an array of numbers" },
        };

    [Theory, MemberData(nameof(Headers))]
    public void A_header_that_is_not_read_says_why(string header, string expected)
    {
        byte[] bytes = [0x93, .. "NUMPY\x01\0"u8, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0, 0];
        Assert.Equal($"{folder.File("x.npy")}: {expected}", Error(bytes));
    }

    public static TheoryData<byte[], string> Starts { get; } =
        new()
        {
            { [], "is not a .npy file: it does not begin with NumPy's signature" },
            { [.. "hello, world, hello"u8], "is not a .npy file: it does not begin with NumPy's signature" },
            { [0x93, .. "NUMPY\x09\0\0\0\0\0"u8], "is of version 9 of the .npy format; expected 1 to 3" },
            { [0x93, .. "NUMPY\x02\0"u8, 0, 0, 0, 0x7F], ".npy header claims 2130706432 bytes; expected 10000 at most" },
            { [0x93, .. "NUMPY\x01\0"u8, 0xFF, 0, (byte)'{', 0], "expected 255 bytes at offset 10, but the file has 12" },
        };

    [Theory, MemberData(nameof(Starts))]
    public void A_file_of_another_kind_or_cut_off_says_so(byte[] bytes, string expected) =>
        Assert.Equal($"{folder.File("x.npy")}: {expected}", Error(bytes));

    string Error(byte[] bytes) =>
        NpyFile
            .Open(folder.Write("x.npy", bytes))
            .Match(
                file =>
                {
                    file.Dispose();
                    return "it was read";
                },
                error => error.Message
            );
}
