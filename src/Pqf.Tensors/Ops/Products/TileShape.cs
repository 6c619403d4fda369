namespace Pqf.Tensors.Ops.Products;

/// <summary>Shapes of tiles.</summary>
enum TileShape
{
    Rows128Columns128,
    Rows64Columns64,
}
