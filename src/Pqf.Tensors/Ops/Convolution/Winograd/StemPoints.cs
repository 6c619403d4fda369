namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The products of Winograd's F(3 × 3, 4 × 4) over the four phases of a 7 × 7 convolution of stride 2: which channels of a phase
/// pixel each of its 36 points multiplies.</summary>
/// <remarks>
/// A phase pixel is 2 × 2 pixels side by side, [row][column][3]: 12 channels. In them the kernel has 4 × 4 taps. The last row of taps of
/// the lower pixels and the last column of the right-hand ones would be the eighth row and column of a kernel of 7 × 7: they are zeros.
/// The points at infinity see nothing but the last taps, so they need only the upper or the left-hand pixels.
/// Points: 0, 1, −1, 2, −2 and infinity, in rows and in columns.
/// </remarks>
static class StemPoints
{
    /// <summary>Rows and columns of a tile of outputs.</summary>
    public const int M = 3;

    /// <summary>Taps of a phase, in rows and in columns.</summary>
    public const int Taps = 4;

    /// <summary>Points of a row or column, and the phase pixels under it.</summary>
    public const int Edge = M + Taps - 1;

    /// <summary>The point at infinity.</summary>
    public const int Infinity = Edge - 1;

    /// <summary>All points.</summary>
    public const int Count = Edge * Edge;

    /// <summary>Channels of the image.</summary>
    public const int Colours = 3;

    /// <summary>Values of one row of a phase pixel: two pixels.</summary>
    public const int RowTerms = 2 * Colours;

    /// <summary>Rows and columns of the kernel.</summary>
    public const int Kernel = 7;

    /// <summary>Products of all points together, for one output channel.</summary>
    public const int AllTerms = ((Edge - 1) * (Edge - 1) * 4 * Colours) + (2 * (Edge - 1) * 2 * Colours) + Colours;

    /// <summary>Whether a convolution has the phases.</summary>
    public static bool Fits(Shape weight, Conv2dOptions options) =>
        weight[0] % 16 == 0
        && weight[1] == Colours
        && weight[2] == Kernel
        && weight[3] == Kernel
        && options.Groups == 1
        && options.Stride == 2
        && options.Dilation == 1;

    /// <summary>Rows of a phase pixel that points of one row multiply.</summary>
    public static int Rows(int pointRow) => pointRow == Infinity ? 1 : 2;

    /// <summary>Values of each such row that a point multiplies.</summary>
    public static int Terms(int pointColumn) => pointColumn == Infinity ? Colours : RowTerms;
}
