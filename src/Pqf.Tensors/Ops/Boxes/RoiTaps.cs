namespace Pqf.Tensors.Ops.Boxes;

/// <summary>A row or column of a map, and its part of a cell's mean.</summary>
readonly record struct RoiTap(int At, float Weight);

/// <summary>The rows and columns that make up each cell of one box: samples lie on a grid, so that a cell's pixels are every pair of one of
/// its rows and one of its columns.</summary>
/// <remarks>Samples that meet in a row share its tap. A list starts with its length, in place of a row's number.</remarks>
readonly unsafe struct RoiTaps(RoiGeometry g, RoiTap* memory)
{
    // Neighbouring samples have rows in common among the last so many, in whichever direction a box lies.
    const int Recent = 3;

    readonly int down = ListLength(g, g.H),
        across = ListLength(g, g.W);

    /// <summary>Taps that the lists of a box may take.</summary>
    public static int Count(RoiGeometry g) => (g.Cells.H * ListLength(g, g.H)) + (g.Cells.W * ListLength(g, g.W));

    /// <summary>Makes the lists of a box: image, x₁, y₁, x₂, y₂.</summary>
    public void Fill(float* box)
    {
        Fill(g.Rows(box[2], box[4]), Rows(0), down);
        Fill(g.Columns(box[1], box[3]), Columns(0), across);
    }

    public RoiTap* Rows(int cell) => memory + (cell * down);

    public RoiTap* Columns(int cell) => memory + (g.Cells.H * down) + (cell * across);

    /// <summary>Two pixels a sample; where there are as many samples as pixels, each pixel once.</summary>
    static int ListLength(RoiGeometry g, int length) => 1 + (g.SamplingRatio > 0 ? 2 * g.SamplingRatio : length);

    static void Fill(RoiAxis axis, RoiTap* list, int listLength)
    {
        for (int cell = 0; cell < axis.Cells; cell++, list += listLength)
        {
            var (first, end) = axis.Between(-1, axis.Length, cell, cell + 1);
            int count = 0;
            for (int sample = first; sample < end; sample++)
            {
                var (low, high, lowWeight, highWeight) = axis.Around(axis.Position(sample));
                Add(list, ref count, low, lowWeight / axis.Samples);
                Add(list, ref count, high, highWeight / axis.Samples);
            }

            list[0] = new(count, 0);
        }
    }

    static void Add(RoiTap* list, ref int count, int at, float weight)
    {
        if (weight == 0)
            return;
        for (int i = count; i > Math.Max(0, count - Recent); i--)
            if (list[i].At == at)
            {
                list[i] = new(at, list[i].Weight + weight);
                return;
            }

        list[++count] = new(at, weight);
    }
}
