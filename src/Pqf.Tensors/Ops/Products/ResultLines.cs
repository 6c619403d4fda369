namespace Pqf.Tensors.Ops.Products;

/// <summary>Where a product's rows go that do not lie at equal distances: in lines, and those in images.</summary>
/// <param name="Length">Rows in a line.</param>
/// <param name="Lines">Lines in an image.</param>
/// <param name="LinesStride">Floats from one line to the next.</param>
/// <param name="ImagesStride">Floats from one image to the next.</param>
readonly record struct ResultLines(int Length, int Lines, nint LinesStride, nint ImagesStride)
{
    /// <summary>Position of a row, rows of a line being <paramref name="stride"/> floats apart.</summary>
    public nint At(int row, int stride)
    {
        if (Length == 0)
            return (nint)row * stride;
        int line = row / Length,
            image = line / Lines;
        return (image * ImagesStride) + ((line - (image * Lines)) * LinesStride) + ((nint)(row - (line * Length)) * stride);
    }
}
