using System.Text;

namespace Pqf.Tensors.Tests.Formats;

/// <summary>Messages of ONNX models, byte by byte.</summary>
static class OnnxBytes
{
    /// <summary>A field of bytes: a tag, a length, the bytes.</summary>
    public static byte[] Field(int number, params byte[] bytes) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)bytes.Length), .. bytes];

    public static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    public static byte[] Number(int number, long value) => [.. Varint((ulong)number << 3), .. Varint((ulong)value)];

    /// <summary>Single precision.</summary>
    public static byte[] Fixed(int number, float value) => [.. Varint(((ulong)number << 3) | 5), .. BitConverter.GetBytes(value)];

    public static byte[] Varint(ulong value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];

    public static byte[] Model(params byte[][] fields) => [8, 8, .. Field(2, "test"), .. fields.SelectMany(field => field)];

    public static byte[] Graph(params byte[][] fields) => Model(Field(7, [.. fields.SelectMany(field => field)]));

    public static byte[] Initialisers(params byte[][] tensors) => Graph([.. tensors.Select(tensor => Field(5, tensor))]);

    public static byte[] Tensor(string name, int type, long[] dims, params byte[] values) =>
        [.. dims.SelectMany(length => Number(1, length)), .. Number(2, type), .. Field(8, name), .. values];

    /// <summary>Raw values of a tensor.</summary>
    public static byte[] Raw(params float[] values) => Field(9, [.. values.SelectMany(BitConverter.GetBytes)]);

    /// <summary>A node of a graph.</summary>
    /// <param name="operation">Its operator.</param>
    /// <param name="inputs">Divided by blanks.</param>
    /// <param name="output">Its value.</param>
    /// <param name="attributes">From <see cref="Attribute"/>.</param>
    public static byte[] Node(string operation, string inputs, string output, params byte[][] attributes) =>
        Field(
            1,
            [
                .. inputs.Split(' ').Where(input => input.Length > 0).SelectMany(input => Field(1, input)),
                .. Field(2, output),
                .. Field(4, operation),
                .. attributes.SelectMany(attribute => attribute),
            ]
        );

    /// <summary>An attribute of a node.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">ONNX's number; 0 for none.</param>
    /// <param name="value">Its field or fields.</param>
    public static byte[] Attribute(string name, int type, params byte[] value) =>
        Field(5, [.. Field(1, name), .. value, .. type == 0 ? [] : Number(20, type)]);
}
