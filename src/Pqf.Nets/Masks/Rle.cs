using System.Runtime.InteropServices;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Nets.Masks;

/// <summary>A mask of an image, run-length encoded as COCO does: lengths of alternating runs of 0 and 1 down the columns, left to right,
/// zeros first.</summary>
/// <remarks>
/// Kept in one form: no run but the first is empty, so equal masks have equal runs. Source: the format's description with the COCO API
/// (mask: "RLE is a simple yet efficient format for storing binary masks").
/// </remarks>
public sealed class Rle : IEquatable<Rle>
{
    readonly int[] counts;

    /// <summary>A mask of given runs.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="counts">Lengths of runs, zeros first; empty ones are allowed anywhere.</param>
    /// <exception cref="ShapeException">The runs do not cover exactly height · width pixels.</exception>
    public Rle(int height, int width, ReadOnlySpan<int> counts)
        : this(Merge(height, width, counts), height, width) { }

    Rle(int[] counts, int height, int width) => (Height, Width, this.counts) = (height, width, counts);

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Lengths of the runs, zeros first; only the first may be 0.</summary>
    public ReadOnlySpan<int> Counts => counts;

    /// <summary>Pixels that are 1.</summary>
    public int Area
    {
        get
        {
            int area = 0;
            for (int i = 1; i < counts.Length; i += 2)
                area += counts[i];
            return area;
        }
    }

    /// <summary>The smallest rectangle around all ones; all zeros if there are none.</summary>
    public PixelBox BoundingBox
    {
        get
        {
            int left = Width,
                top = Height,
                right = 0,
                bottom = 0;
            foreach (var (x, from, to) in Segments)
                (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, from), x + 1, Math.Max(bottom, to));
            return right == 0 ? default : new(left, top, right - left, bottom - top);
        }
    }

    internal RleSegments Segments => new(counts, Height);

    /// <summary>A mask of runs that are known to be right, and are not copied.</summary>
    internal static Rle OfRuns(int height, int width, int[] counts) => new(counts, height, width);

    /// <summary>A mask without ones.</summary>
    public static Rle Empty(int height, int width) => OfRuns(height, width, [height * width]);

    /// <summary>Encodes a bitmap.</summary>
    /// <param name="bitmap">[height, width], row-major; what is not 0 is 1.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static Rle FromBitmap(ReadOnlySpan<byte> bitmap, int height, int width) =>
        FromWindow(bitmap, new(0, 0, width, height), height, width);

    /// <summary>Encodes a mask.</summary>
    public static Rle FromMask(BinaryMask mask) => FromBitmap(mask.Values, mask.Height, mask.Width);

    /// <summary>Encodes a mask that is 0 outside a rectangle, without ever holding it whole.</summary>
    /// <param name="bitmap">[window height, window width], row-major; what is not 0 is 1.</param>
    /// <param name="window">Where the bitmap lies; what reaches outside the mask is dropped.</param>
    /// <param name="height">Rows of the mask.</param>
    /// <param name="width">Columns of the mask.</param>
    /// <exception cref="ShapeException">The bitmap is not of the window's size.</exception>
    public static Rle FromWindow(ReadOnlySpan<byte> bitmap, PixelBox window, int height, int width)
    {
        if (bitmap.Length != (long)window.Width * window.Height)
            throw new ShapeException("Rle", $"expected a bitmap of [{window.Height}, {window.Width}], got {bitmap.Length} pixels");
        int top = Math.Max(window.Top, 0),
            bottom = Math.Min(window.Top + window.Height, height);
        var runs = new RleBuilder(height, width);
        for (int x = Math.Max(window.Left, 0); x < Math.Min(window.Left + window.Width, width); x++)
        {
            int at = ((top - window.Top) * window.Width) + x - window.Left;
            for (int y = top; y < bottom; y++, at += window.Width)
                if (bitmap[at] != 0)
                    runs.Add(x, y, y + 1);
        }

        return runs.ToRle();
    }

    /// <summary>The mask as bytes.</summary>
    /// <returns>[height, width], row-major, 0 or 1.</returns>
    public byte[] ToBitmap()
    {
        byte[] bitmap = new byte[Height * Width];
        foreach (var (x, from, to) in Segments)
            for (int y = from; y < to; y++)
                bitmap[(y * Width) + x] = 1;
        return bitmap;
    }

    /// <summary>The mask in another size as bytes, each pixel taken from the nearest one, as <c>interpolate</c> of PyTorch in its mode
    /// <c>nearest</c>.</summary>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <returns>[height, width], row-major, 0 or 1.</returns>
    public byte[] ToBitmap(int height, int width)
    {
        byte[] whole = ToBitmap(),
            bitmap = new byte[height * width];
        int[] columns = Nearest(Width, width),
            rows = Nearest(Height, height);
        for (int y = 0; y < height; y++)
        {
            var row = whole.AsSpan(rows[y] * Width, Width);
            for (int x = 0; x < width; x++)
                bitmap[(y * width) + x] = row[columns[x]];
        }

        return bitmap;
    }

    /// <summary>The mask seen in a mirror: column x becomes column width − 1 − x.</summary>
    public Rle FlipHorizontally()
    {
        var segments = new List<(int X, int From, int To)>();
        foreach (var segment in Segments)
            segments.Add(segment);
        var runs = new RleBuilder(Height, Width);
        // Columns from the last to the first, the segments of each from the top.
        for (int end = segments.Count, start; end > 0; end = start)
        {
            for (start = end - 1; start > 0 && segments[start - 1].X == segments[end - 1].X; start--) { }

            foreach (var (x, from, to) in CollectionsMarshal.AsSpan(segments)[start..end])
                runs.Add(Width - 1 - x, from, to);
        }

        return runs.ToRle();
    }

    /// <summary>Whether any pixel that is 1 lies in a rectangle.</summary>
    internal bool Meets(PixelBox window)
    {
        foreach (var (x, from, to) in Segments)
            if (x >= window.Left && x - window.Left < window.Width && Math.Max(from, window.Top) < Math.Min(to, window.Top + window.Height))
                return true;
        return false;
    }

    /// <summary>Pixels that are 1 in both.</summary>
    /// <exception cref="ShapeException">The masks are of different sizes.</exception>
    public int IntersectionArea(Rle other)
    {
        CheckSize(other);
        int area = 0,
            left = counts[0],
            right = other.counts[0];
        for (int i = 0, j = 0; ; )
        {
            int length = Math.Min(left, right);
            if ((i & j & 1) == 1)
                area += length;
            left -= length;
            right -= length;
            if (left == 0 && ++i < counts.Length)
                left = counts[i];
            if (right == 0 && ++j < other.counts.Length)
                right = other.counts[j];
            if (i == counts.Length || j == other.counts.Length)
                return area;
        }
    }

    /// <summary>Intersection over union.</summary>
    /// <param name="other">The other mask, of the same size.</param>
    /// <returns>0 … 1; 0 if they do not meet.</returns>
    public double IoU(Rle other)
    {
        double shared = IntersectionArea(other);
        return shared == 0 ? 0 : shared / (Area + other.Area - shared);
    }

    /// <summary>The part of this mask that lies in a crowd's: COCO's measure where one region stands for many objects.</summary>
    /// <param name="crowd">The crowd's mask, of the same size.</param>
    /// <returns>Intersection over this mask's area, 0 … 1; 0 if they do not meet.</returns>
    public double CoveredBy(Rle crowd)
    {
        double shared = IntersectionArea(crowd);
        return shared == 0 ? 0 : shared / Area;
    }

    /// <summary>Pixels that are 1 in any of the masks.</summary>
    /// <param name="masks">At least one, of one size.</param>
    public static Rle Union(IEnumerable<Rle> masks) => masks.Aggregate((a, b) => a.Combine(b, (p, q) => p | q));

    /// <summary>Pixels that are 1 in all of the masks.</summary>
    /// <param name="masks">At least one, of one size.</param>
    public static Rle Intersection(IEnumerable<Rle> masks) => masks.Aggregate((a, b) => a.Combine(b, (p, q) => p & q));

    /// <inheritdoc/>
    public bool Equals(Rle? other) =>
        other is not null && Height == other.Height && Width == other.Width && Counts.SequenceEqual(other.Counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Rle);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width, counts.Length, Area);

    /// <summary>Size and area, for messages.</summary>
    public override string ToString() => $"Rle {Width}×{Height}, {Area} pixels";

    Rle Combine(Rle other, Func<bool, bool, bool> combine)
    {
        CheckSize(other);
        var runs = new RunList(counts.Length + other.counts.Length);
        int left = 0,
            right = 0;
        for (int i = -1, j = -1, at = 0; at < Height * Width; )
        {
            for (; left == 0; left = counts[i])
                i++;
            for (; right == 0; right = other.counts[j])
                j++;
            int length = Math.Min(left, right);
            runs.Add(combine((i & 1) == 1, (j & 1) == 1), length);
            (left, right, at) = (left - length, right - length, at + length);
        }

        return OfRuns(Height, Width, runs.ToArray());
    }

    void CheckSize(Rle other)
    {
        if (Height != other.Height || Width != other.Width)
            throw new ShapeException("Rle", $"expected masks of one size, got [{Height}, {Width}] and [{other.Height}, {other.Width}]");
    }

    static int[] Merge(int height, int width, ReadOnlySpan<int> counts)
    {
        var runs = new RunList(counts.Length);
        long pixels = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] < 0)
                throw new ShapeException("Rle", $"expected runs of 0 or more pixels, got {counts[i]}");
            pixels += counts[i];
            runs.Add((i & 1) == 1, counts[i]);
        }

        if (height < 1 || width < 1 || pixels != (long)height * width || pixels > int.MaxValue)
            throw new ShapeException("Rle", $"expected runs of {(long)height * width} pixels in all for [{height}, {width}], got {pixels}");
        return runs.ToArray();
    }

    // PyTorch's rule, in its single precision.
    static int[] Nearest(int from, int to)
    {
        float scale = (float)from / to;
        return [.. Enumerable.Range(0, to).Select(i => Math.Min((int)MathF.Floor(i * scale), from - 1))];
    }
}
