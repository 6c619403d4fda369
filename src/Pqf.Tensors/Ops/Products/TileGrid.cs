namespace Pqf.Tensors.Ops.Products;

/// <summary>Which tile of a product a group computes, and over which terms.</summary>
/// <param name="RowTiles">Tiles of the rows.</param>
/// <param name="ColumnTiles">Tiles of one group's columns.</param>
/// <param name="Groups">Groups of columns, each with terms of its own.</param>
/// <param name="Terms">Terms in all.</param>
/// <param name="PartTerms">Terms of one part of the sum, a multiple of <see cref="TilePanels.Terms"/>.</param>
readonly record struct TileGrid(int RowTiles, int ColumnTiles, int Groups, int Terms, int PartTerms)
{
    /// <summary>Parts that each sum is cut into.</summary>
    public int Parts => Math.Max(1, (Terms + PartTerms - 1) / PartTerms);

    /// <summary>Groups of work items.</summary>
    public int Count => RowTiles * ColumnTiles * Groups * Parts;
}
