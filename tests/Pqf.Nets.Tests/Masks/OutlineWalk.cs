using Pqf.Nets.Masks;

namespace Pqf.Nets.Tests.Masks;

/// <summary>The rule of the COCO API's polygons, step by step: every fine pixel of every edge is visited, and a bitmap is flipped below
/// each end.</summary>
static class OutlineWalk
{
    public static Rle Rasterise(double[] points, int height, int width)
    {
        byte[] bitmap = new byte[height * width];
        var corners = points.Chunk(2).Select(point => (X: (int)((5 * point[0]) + 0.5), Y: (int)((5 * point[1]) + 0.5))).ToArray();
        for (int i = 0; i < corners.Length; i++)
        {
            var pixels = Edge(corners[i], corners[(i + 1) % corners.Length]).ToArray();
            for (int j = 1; j < pixels.Length; j++)
                if (pixels[j].X != pixels[j - 1].X)
                    End(Math.Min(pixels[j].X, pixels[j - 1].X), Math.Min(pixels[j].Y, pixels[j - 1].Y), bitmap, height, width);
        }

        return Rle.FromBitmap(bitmap, height, width);
    }

    static IEnumerable<(int X, int Y)> Edge((int X, int Y) from, (int X, int Y) to)
    {
        int spanX = Math.Abs(to.X - from.X),
            spanY = Math.Abs(to.Y - from.Y);
        if (spanX >= spanY)
        {
            var (start, end) = from.X <= to.X ? (from, to) : (to, from);
            for (int x = start.X; x <= end.X; x++)
                yield return (x, spanX == 0 ? start.Y : (int)(start.Y + ((double)(end.Y - start.Y) / spanX * (x - start.X)) + 0.5));
        }
        else
        {
            var (start, end) = from.Y <= to.Y ? (from, to) : (to, from);
            for (int y = start.Y; y <= end.Y; y++)
                yield return ((int)(start.X + ((double)(end.X - start.X) / spanY * (y - start.Y)) + 0.5), y);
        }
    }

    // The middle of pixel column x is at the fine coordinate 5x + 2.5.
    static void End(int fineX, int fineY, byte[] bitmap, int height, int width)
    {
        double x = ((fineX + 0.5) / 5) - 0.5,
            y = ((fineY + 0.5) / 5) - 0.5;
        if (x != Math.Floor(x) || x < 0 || x > width - 1)
            return;
        for (int row = (int)Math.Ceiling(Math.Clamp(y, 0, height)); row < height; row++)
            bitmap[(row * width) + (int)x] ^= 1;
    }
}
