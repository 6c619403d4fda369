namespace Pqf.Tensors.Formats;

/// <summary>Element types of tensor files; in memory the element type is a type argument.</summary>
public enum DType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8 bits.</summary>
    U8,

    /// <summary>Signed 8 bits.</summary>
    I8,

    /// <summary>Unsigned 16 bits.</summary>
    U16,

    /// <summary>Signed 16 bits.</summary>
    I16,

    /// <summary>Unsigned 32 bits.</summary>
    U32,

    /// <summary>Signed 32 bits.</summary>
    I32,

    /// <summary>Unsigned 64 bits.</summary>
    U64,

    /// <summary>Signed 64 bits.</summary>
    I64,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>The upper 16 bits of a single.</summary>
    BF16,

    /// <summary>IEEE single.</summary>
    F32,

    /// <summary>IEEE double.</summary>
    F64,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeBytes(this DType type) =>
        type switch
        {
            DType.Bool or DType.U8 or DType.I8 => 1,
            DType.U16 or DType.I16 or DType.F16 or DType.BF16 => 2,
            DType.U32 or DType.I32 or DType.F32 => 4,
            _ => 8,
        };
}
