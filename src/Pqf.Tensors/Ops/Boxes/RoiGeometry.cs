namespace Pqf.Tensors.Ops.Boxes;

/// <summary>All sizes of one map and of the cells that boxes on it are cut into; the only place where samples are placed.</summary>
/// <param name="N">Images.</param>
/// <param name="H">Rows of the map.</param>
/// <param name="W">Columns of the map.</param>
/// <param name="Channels">C.</param>
/// <param name="Cells">Of each box.</param>
/// <param name="SamplingRatio">Samples of a cell along each axis; 0 or less: one for each pixel begun.</param>
/// <param name="Scale">Pixels of the map for a pixel of the image.</param>
/// <param name="Offset">Of the map's first pixel.</param>
/// <param name="LeastSize">Of a box, in pixels of the map.</param>
readonly record struct RoiGeometry(
    int N,
    int H,
    int W,
    int Channels,
    Pair Cells,
    int SamplingRatio,
    float Scale,
    float Offset,
    float LeastSize
)
{
    public static RoiGeometry Of(Shape map, float scale, RoiAlignOptions options) =>
        new(
            map[0],
            map[1],
            map[2],
            map[3],
            options.OutputSize,
            options.SamplingRatio,
            scale,
            options.Aligned ? 0.5f : 0f,
            options.Aligned ? float.NegativeInfinity : 1f
        );

    /// <summary>Cells of a box.</summary>
    public int CellCount => Cells.H * Cells.W;

    public RoiAxis Rows(float y1, float y2) => Axis(y1, y2, Cells.H, H);

    public RoiAxis Columns(float x1, float x2) => Axis(x1, x2, Cells.W, W);

    RoiAxis Axis(float low, float high, int cells, int length)
    {
        float start = (low * Scale) - Offset,
            size = MathF.Max((high * Scale) - Offset - start, LeastSize),
            cell = size / cells;
        return new(start, cell, SamplingRatio > 0 ? SamplingRatio : PixelsBegun(size, cell, cells), cells, length);
    }

    static int PixelsBegun(float size, float cell, int cells)
    {
        int pixels = (int)MathF.Min(MathF.Max(MathF.Ceiling(cell), 0f), RoiAxis.MostSamples);
        return pixels > 0 && (pixels - 1f) * cells >= size ? pixels - 1 : pixels; // GPUs may round a quotient of whole pixels up
    }
}

/// <summary>Where one box is sampled along one axis.</summary>
/// <param name="Start">Its first edge, in pixels of the map.</param>
/// <param name="Cell">Length of a cell; below 0 where a box ends before it starts.</param>
/// <param name="Samples">In each cell.</param>
/// <param name="Cells">How many.</param>
/// <param name="Length">Pixels of the map.</param>
readonly record struct RoiAxis(float Start, float Cell, int Samples, int Cells, int Length)
{
    /// <summary>Most samples that a cell may ask for by its length: so far from any map's size that only boxes of a million pixels meet
    /// it.</summary>
    public const int MostSamples = 1 << 20;

    // Positions are rounded, ranges of them not to lose one.
    const float Slack = 2f;

    /// <summary>Position of a sample, counted through all cells.</summary>
    public float Position(int sample)
    {
        int cell = sample / Samples;
        return Start + (cell * Cell) + ((sample - (cell * Samples) + 0.5f) * Cell / Samples);
    }

    /// <summary>Samples of some cells that may lie between two positions.</summary>
    public (int First, int End) Between(float low, float high, int firstCell, int endCell)
    {
        int first = firstCell * Samples,
            end = endCell * Samples;
        float step = Cell / MathF.Max(Samples, 1f);
        if (!(step > 0f))
            return (first, end);
        float begin = MathF.Floor(((low - Start) / step) - Slack),
            stop = MathF.Ceiling(((high - Start) / step) + Slack);
        return (begin > first ? (int)MathF.Min(begin, end) : first, stop < end ? (int)MathF.Max(stop, first) : end);
    }

    /// <summary>The two pixels around a position and their weights; none outside the map and a pixel around it.</summary>
    public (int Low, int High, float LowWeight, float HighWeight) Around(float position)
    {
        if (position < -1f || position > Length)
            return (0, 0, 0f, 0f);
        float inside = MathF.Max(position, 0f);
        int low = (int)inside;
        return low >= Length - 1 ? (Length - 1, Length - 1, 1f, 0f) : (low, low + 1, 1f - (inside - low), inside - low);
    }

    /// <summary>The part of a sample that a pixel has.</summary>
    public float Weight(int sample, int pixel)
    {
        var (low, high, lowWeight, highWeight) = Around(Position(sample));
        return (low == pixel ? lowWeight : 0f) + (high == pixel ? highWeight : 0f);
    }

    /// <summary>Positions whose samples a pixel may have a part of.</summary>
    public (float Low, float High) Reach(int pixel) => (pixel - 1f, pixel >= Length - 1 ? Length : pixel + 1f);

    /// <summary>Pixels that samples may have parts of: first, and one past the last; none if all lie outside.</summary>
    public (int First, int End) Pixels()
    {
        float last = Start + (Cells * Cell),
            low = MathF.Floor(MathF.Min(Start, last)) - 1f,
            high = MathF.Floor(MathF.Max(Start, last)) + 2f;
        return high < 0f || low > Length || Samples < 1 ? (0, 0) : ((int)MathF.Max(low, 0f), (int)MathF.Min(high + 1f, Length));
    }
}
