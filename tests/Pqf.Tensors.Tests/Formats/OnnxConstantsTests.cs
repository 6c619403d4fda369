using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;
using static Pqf.Tensors.Tests.Formats.OnnxBytes;

namespace Pqf.Tensors.Tests.Formats;

/// <summary>Weights that are not initialisers: constants, copies, casts, and integers with a scale.</summary>
public sealed class OnnxConstantsTests : IDisposable
{
    const int F32 = 1,
        U8 = 2,
        I8 = 3,
        I32 = 6,
        F16 = 10;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    TensorFile Open(params byte[][] graph) => TensorFiles.Open(folder.Write("a.onnx", Graph(graph))).Value();

    string Problem(params byte[][] graph)
    {
        string path = folder.Write("a.onnx", Graph(graph));
        string message = TensorFiles.Open(path).ErrorMessage();
        Assert.StartsWith(path + ": ", message);
        return message[(path.Length + 2)..];
    }

    static byte[] Initialiser(string name, int type, long[] dims, params byte[] values) => Field(5, Tensor(name, type, dims, values));

    static byte[] Number(string name, long value) => Attribute(name, 2, OnnxBytes.Number(3, value));

    [Fact]
    public void Constants_of_every_form_are_weights_but_not_numbers_and_shapes()
    {
        using var file = Open(
            Node("Constant", "", "tensor", Attribute("value", 4, Field(5, Tensor("", F32, [1, 2], Raw(1, 2))))),
            Node("Constant", "", "floats", Attribute("value_floats", 6, [.. Fixed(7, 3), .. Fixed(7, 4)])),
            Node("Constant", "", "packed", Attribute("value_floats", 6, Field(7, [.. BitConverter.GetBytes(5f)]))),
            Node("Constant", "", "untyped", Attribute("value_floats", 0, Fixed(7, 6))),
            Node("Constant", "", "codes", Attribute("value", 4, Field(5, Tensor("", U8, [2], Field(9, 7, 8))))),
            Node("Constant", "", "float", Attribute("value_float", 1, Fixed(2, 9))),
            Node("Constant", "", "int", Attribute("value_int", 2, OnnxBytes.Number(3, 1))),
            Node("Constant", "", "shape", Attribute("value_ints", 7, [.. OnnxBytes.Number(8, 1), .. OnnxBytes.Number(8, -1)])),
            Node("Constant", "", "text", Attribute("value_string", 3, Field(4, "x"))),
            Node("Constant", "", "texts", Attribute("value", 4, Field(5, Tensor("", 8, [1], Field(6, "x"))))),
            Node("Constant", "", "nothing")
        );
        Assert.Equal(
            ["tensor 1,2", "floats 3,4", "packed 5", "untyped 6", "codes 7,8"],
            file.Tensors.Select(tensor => $"{tensor.Name} {string.Join(',', tensor.ToSingles())}")
        );
        Assert.Equal(new Shape(1, 2), file.ByName["tensor"].Shape);
    }

    [Fact]
    public void Copies_and_casts_that_weights_are_read_from_are_weights_too()
    {
        using var file = Open(
            Node("Identity", "a", "b"),
            Node("Identity", "b", "c"),
            Node("Cast", "c", "d", Number("to", F32)),
            Node("Cast", "c", "unread", Number("to", F32)),
            Node("Cast", "c", "int", Number("to", I32)),
            Node("Identity", "x", "y"),
            Node("MatMul", "y d", "z"),
            Node("MatMul", "z int", "w"),
            Initialiser("a", F16, [2, 1], Field(9, 0, 0x3C, 0, 0xC0))
        );
        Assert.Equal(["a F16", "b F16", "c F16", "d F32"], file.Tensors.Select(tensor => $"{tensor.Name} {tensor.Type}"));
        Assert.All(file.Tensors, tensor => Assert.Equal([1f, -2f], tensor.ToSingles()));
    }

    [Fact]
    public void A_cast_to_half_rounds()
    {
        using var file = Open(
            Node("Cast", "a", "b", Number("to", F16)),
            Node("Conv", "x b", "y"),
            Initialiser("a", F32, [1], Raw(1.0001f))
        );
        Assert.Equal([1f], file.ByName["b"].ToSingles());
    }

    [Fact]
    public void Chains_without_end_are_not_followed()
    {
        using var file = Open([
            .. Enumerable
                .Range(0, 5000)
                .SelectMany(i =>
                    (byte[][])[Node("Cast", $"w{i}", $"w{i + 1}", Number("to", i % 2 == 0 ? F16 : F32)), Node("Conv", $"x w{i}", $"y{i}")]
                ),
            Initialiser("w0", F32, [1], Raw(1)),
            Node("Identity", "loop", "loop"),
        ]);
        Assert.Equal(17, file.Tensors.Count);
        Assert.Equal([1f], file.ByName["w16"].ToSingles());
    }

    [Theory]
    [InlineData(null, new float[] { -2, -1, 0, 1, 2, 3 })]
    [InlineData((byte)1, new float[] { -3, -2, -1, 0, 1, 2 })]
    public void One_scale_decodes_all_integers(byte? zeroPoint, float[] expected)
    {
        using var file = Open(
            Node("DequantizeLinear", zeroPoint is null ? "w_quantized s" : "w_quantized s z", "w_DequantizeLinear_Output"),
            Node("Conv", "x w_DequantizeLinear_Output", "y"),
            Initialiser("w_quantized", I8, [2, 3], Field(9, 0xFE, 0xFF, 0, 1, 2, 3)),
            Initialiser("s", F32, [], Raw(0.5f)),
            Initialiser("z", I8, [], Field(9, zeroPoint ?? 0))
        );
        Assert.Equal("ONNX, 1 tensor stored as integers with a scale", file.Format);
        Assert.Equal(zeroPoint is null ? ["z", "w"] : ["w"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal((DType.F32, new Shape(2, 3)), (file.ByName["w"].Type, file.ByName["w"].Shape));
        Assert.Equal(expected.Select(value => value / 2), file.ByName["w"].ToSingles());
    }

    [Theory]
    [InlineData(0, 2, new float[] { 1, 2, 3, 40, 50, 60 })]
    [InlineData(-2, 2, new float[] { 1, 2, 3, 40, 50, 60 })]
    [InlineData(1, 3, new float[] { 1, 20, 300, 4, 50, 600 })]
    [InlineData(null, 3, new float[] { 1, 20, 300, 4, 50, 600 })] // the axis is 1 by default
    public void A_scale_for_each_index_of_an_axis(int? axis, int count, float[] expected)
    {
        using var file = Open(
            Node("DequantizeLinear", "q s z", "w", axis is { } number ? Number("axis", number) : []),
            Initialiser("q", U8, [2, 3], Field(9, 11, 12, 13, 14, 15, 16)),
            Initialiser("s", F32, [count], Raw([.. new float[] { 1, 10, 100 }[..count]])),
            Initialiser("z", U8, [count], Field(9, [.. Enumerable.Repeat((byte)10, count)]))
        );
        Assert.Equal(expected, file.ByName["w"].ToSingles());
    }

    [Fact]
    public void Integers_scales_and_zero_points_may_be_constants_and_copies()
    {
        using var file = Open(
            Node("Constant", "", "q", Attribute("value", 4, Field(5, Tensor("", I32, [2], Field(9, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF))))),
            Node("Constant", "", "scale", Attribute("value_float", 1, Fixed(2, 2))),
            Node("Identity", "scale", "s"),
            Node("DequantizeLinear", "q s", "w"),
            Node("QuantizeLinear", "x s z", "v"),
            Node("DequantizeLinear", "v s z", "u"),
            Initialiser("z", U8, [], Field(9, 0))
        );
        Assert.Equal(["w"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2f, -2f], file.ByName["w"].ToSingles());
    }

    [Fact]
    public void Unsound_quantised_weights_are_named()
    {
        byte[] q = Initialiser("q", I8, [2, 3], Field(9, new byte[6])),
            z = Initialiser("z", U8, [], Field(9, 0));
        byte[] Node(params byte[][] attributes) => OnnxBytes.Node("DequantizeLinear", "q s", "w", attributes);
        Assert.Equal(
            "DequantizeLinear node w: expected one scale, or one for each index along axis 1 of q [2, 3], got [2]",
            Problem(Node(), q, Initialiser("s", F32, [2], Raw(1, 1)))
        );
        Assert.Equal(
            "DequantizeLinear node w: expected one scale, or one for each index along axis 7 of q [2, 3], got [2]",
            Problem(Node(Number("axis", 7)), q, Initialiser("s", F32, [2], Raw(1, 1)))
        );
        Assert.Equal(
            "DequantizeLinear node w: its weights have a scale for each block; expected one, or one for each channel",
            Problem(Node(Number("block_size", 3)), q, Initialiser("s", F32, [2, 1], Raw(1, 1)))
        );
        Assert.Equal(
            "DequantizeLinear node w: expected a floating-point scale, got I8",
            Problem(Node(), q, Initialiser("s", I8, [], Field(9, 1)))
        );
        Assert.Equal(
            "DequantizeLinear node w: expected integers of 8, 16 or 32 bits with a zero point of the same type, got I8 and U8",
            Problem(OnnxBytes.Node("DequantizeLinear", "q s z", "w"), q, z, Initialiser("s", F32, [], Raw(1)))
        );
        Assert.Equal("w: occurs twice", Problem(OnnxBytes.Node("Identity", "q", "w"), OnnxBytes.Node("Identity", "q", "w"), q));
    }

    [Fact]
    public void Nodes_with_damaged_attributes_are_named()
    {
        Assert.Equal("Clip node y: min occurs twice", Problem(Node("Clip", "x", "y", Attribute("min", 1), Attribute("min", 1))));
        Assert.Equal(
            "w: F32 [2] needs 8 bytes, but it has 4",
            Problem(Node("Constant", "", "w", Attribute("value", 4, Field(5, Tensor("", F32, [2], Raw(1))))))
        );
    }
}
