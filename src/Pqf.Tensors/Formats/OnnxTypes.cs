namespace Pqf.Tensors.Formats;

/// <summary>ONNX's numbers for element types.</summary>
/// <remarks>Source: <c>TensorProto.DataType</c> of the ONNX project's onnx.proto.</remarks>
static class OnnxTypes
{
    static readonly (DType Type, int Number)[] Numbers =
    [
        (DType.F32, 1),
        (DType.U8, 2),
        (DType.I8, 3),
        (DType.U16, 4),
        (DType.I16, 5),
        (DType.I32, 6),
        (DType.I64, 7),
        (DType.Bool, 9),
        (DType.F16, 10),
        (DType.F64, 11),
        (DType.U32, 12),
        (DType.U64, 13),
        (DType.BF16, 16),
    ];

    /// <summary>The number of a type; ONNX has all of ours.</summary>
    public static int NumberOf(DType type) => Array.Find(Numbers, pair => pair.Type == type).Number;

    /// <summary>The type of a number; null for text, complex numbers, and types of fewer than 16 bits that no network of ours is stored
    /// in.</summary>
    public static DType? TypeOf(long number) =>
        Array.Find(Numbers, pair => pair.Number == number) is { Number: > 0 } found ? found.Type : null;
}
