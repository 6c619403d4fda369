namespace Pqf.Tensors.Ops.Products;

/// <summary>The rows of a product's left operand, which need not exist as a matrix.</summary>
unsafe interface ITileRows
{
    /// <summary>Writes terms <paramref name="k0"/> … k0 + k − 1 of some rows in the order of the tile's layout.</summary>
    /// <param name="row">First row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="k0">First term.</param>
    /// <param name="k">How many.</param>
    /// <param name="tile">Where to.</param>
    /// <param name="line">Room for k floats and two vectors.</param>
    void Gather(int row, int rows, int k0, int k, float* tile, float* line);

    /// <summary>Terms of a row that lie side by side in the tile.</summary>
    int Run { get; }

    /// <summary>Where a row's terms lie in a row, if they do: it is fetched ahead.</summary>
    float* Prefetch(int row, int k0);

    /// <summary>Floats from there to the next row's.</summary>
    int PrefetchStride { get; }
}
