namespace Pqf.Tensors.Ops.Products;

/// <summary>The sizes of a product, or of several side by side.</summary>
/// <param name="Rows">Of the left operand.</param>
/// <param name="Columns">Of the right operand, in one group.</param>
/// <param name="Groups">Groups of columns.</param>
/// <param name="Terms">Products per value.</param>
readonly record struct ProductSize(int Rows, int Columns, int Groups, int Terms)
{
    public TileChoice Choice => TileChoice.Of(Rows, Columns, Groups, Terms);
}
