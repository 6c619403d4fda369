using System.Runtime.InteropServices;
using Pqf.Tensors;

namespace Pqf.Nets.Masks;

/// <summary>A closed outline, kept as COCO rasterises it: its vertices rounded to fifths of a pixel.</summary>
/// <remarks>
/// Edges are drawn on a grid five times as fine as the image. A pixel column is looked at between its third and fourth fine columns: each
/// edge that passes there ends a run at the first pixel whose middle lies at or below the
/// higher of the edge's two fine pixels; an even number of ends at one pixel are none. Bit for bit what the COCO API gives; an edge's ends
/// are found here by arithmetic on the edge, so that their cost follows the image, not the outline.
/// Fewer than three vertices cover nothing.
/// </remarks>
public sealed class Polygon
{
    const int Scale = 5;

    // Enough for any image, and sums of two stay in 32 bits.
    const int Limit = 1 << 28;

    readonly int[] vertices;

    /// <summary>An outline.</summary>
    /// <param name="points">x₀, y₀, x₁, y₁, …, in pixels: 0 is the left or upper side of the first pixel.</param>
    /// <exception cref="ShapeException">The numbers are not pairs, or not finite.</exception>
    public Polygon(ReadOnlySpan<double> points)
    {
        if (points.Length % 2 != 0)
            throw new ShapeException("Polygon", $"expected pairs of x and y, got {points.Length} numbers");
        vertices = new int[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            if (!double.IsFinite(points[i]))
                throw new ShapeException("Polygon", $"expected finite numbers, got {points[i]}");
            vertices[i] = (int)Math.Clamp((Scale * points[i]) + 0.5, -Limit, Limit);
        }
    }

    /// <summary>Pairs of x and y.</summary>
    public int VertexCount => vertices.Length / 2;

    /// <summary>The pixels inside.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    public Rle Rasterise(int height, int width) => ToRle(CollectionsMarshal.AsSpan(Ends(height, 0, width - 1)), height, width);

    /// <summary>Whether any pixel inside lies in a rectangle.</summary>
    /// <param name="window">Within the image.</param>
    /// <param name="height">Rows of the image, at least 1.</param>
    /// <param name="width">Columns of the image, at least 1.</param>
    internal bool Meets(PixelBox window, int height, int width)
    {
        // One column through the middle decides for nearly all outlines.
        var (least, most) = (Limit, -Limit);
        for (int i = 0; i < vertices.Length; i += 2)
            (least, most) = (Math.Min(least, vertices[i]), Math.Max(most, vertices[i]));
        int left = Math.Max(window.Left, least / Scale),
            right = Math.Min(window.Left + window.Width - 1, most / Scale);
        return (left <= right && MeetsColumn(left + ((right - left) / 2), window, height)) || Rasterise(height, width).Meets(window);
    }

    bool MeetsColumn(int x, PixelBox window, int height)
    {
        var ends = Ends(height, x, x);
        for (int i = 0; i + 1 < ends.Count; i += 2)
        {
            int from = Math.Max(ends[i] - (x * height), window.Top),
                to = Math.Min(ends[i + 1] - (x * height), window.Top + window.Height);
            if (from < to)
                return true;
        }

        return false;
    }

    /// <summary>Where runs end in some columns of pixels, sorted.</summary>
    List<int> Ends(int height, int first, int last)
    {
        var ends = new RunEnds(first * height, ((last - first + 1) * height) + 1);
        for (int i = 0; i < vertices.Length; i += 2)
        {
            int next = i + 2 == vertices.Length ? 0 : i + 2;
            AddEnds(vertices[i], vertices[i + 1], vertices[next], vertices[next + 1], height, first, last, ends);
        }

        return ends.Sorted();
    }

    /// <summary>The pixels inside any of some outlines.</summary>
    /// <param name="outlines">Any number.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    public static Rle Rasterise(IEnumerable<Polygon> outlines, int height, int width) =>
        Rle.Union(outlines.Select(outline => outline.Rasterise(height, width)).DefaultIfEmpty(Rle.Empty(height, width)));

    static void AddEnds(int fromX, int fromY, int toX, int toY, int height, int first, int last, RunEnds ends)
    {
        int spanX = Math.Abs(toX - fromX),
            spanY = Math.Abs(toY - fromY);
        // Edges go right or, where they are steep, down; which way they are drawn matters to the rounding.
        if (spanX >= spanY ? fromX > toX : fromY > toY)
            (fromX, fromY, toX, toY) = (toX, toY, fromX, fromY);
        double slope = spanX >= spanY ? (double)(toY - fromY) / spanX : (double)(toX - fromX) / spanY;
        int left = Math.Min(fromX, toX),
            right = Math.Max(fromX, toX);
        // Column x is crossed between the fine columns 5x + 2 and 5x + 3.
        int start = Math.Max(first, (int)Math.Ceiling((left - 2.0) / Scale)),
            end = Math.Min(last, (int)Math.Floor((right - 3.0) / Scale));
        for (int x = start; x <= end; x++)
        {
            int column = (Scale * x) + 2;
            int row =
                spanX >= spanY
                    ? Math.Min(Along(fromY, slope, column - fromX), Along(fromY, slope, column + 1 - fromX))
                    : fromY + StepsTo(fromX, slope, column, spanY);
            int y = (int)Math.Ceiling((row - 2.0) / Scale);
            ends.Add((x * height) + Math.Clamp(y, 0, height));
        }
    }

    static int Along(int start, double slope, int steps) => (int)(start + (slope * steps) + 0.5);

    /// <summary>Steps down a steep edge until one more, or one less, passes from one fine column to the next: the upper of the
    /// two.</summary>
    static int StepsTo(int fromX, double slope, int column, int most)
    {
        // Along is monotone in the steps: the last step on the first column that the edge meets.
        int low = 0,
            high = most;
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            if (slope > 0 ? Along(fromX, slope, middle) <= column : Along(fromX, slope, middle) > column)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    static Rle ToRle(ReadOnlySpan<int> ends, int height, int width)
    {
        var runs = new RunList(ends.Length);
        int at = 0;
        bool inside = false;
        foreach (int end in ends)
        {
            runs.Add(inside, end - at);
            (inside, at) = (!inside, end);
        }

        runs.Add(inside, (height * width) - at);
        return Rle.OfRuns(height, width, runs.ToArray());
    }
}
