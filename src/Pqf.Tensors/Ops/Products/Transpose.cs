namespace Pqf.Tensors.Ops.Products;

/// <summary>Which operands of a matrix product are read transposed.</summary>
[Flags]
public enum Transpose
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>The left one: it is stored [k, m].</summary>
    A = 1,

    /// <summary>The right one: it is stored [n, k].</summary>
    B = 2,
}
