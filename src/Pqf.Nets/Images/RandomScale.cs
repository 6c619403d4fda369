using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>Training images cut at random sizes and proportions, as torchvision's <c>RandomResizedCrop</c>.</summary>
/// <param name="LeastArea">Share of the image's area, above 0.</param>
/// <param name="MostArea">Share of the image's area, at most 1.</param>
/// <param name="LeastRatio">Width over height, above 0.</param>
/// <param name="MostRatio">Width over height.</param>
public sealed record RandomScale(double LeastArea, double MostArea, double LeastRatio = 3.0 / 4, double MostRatio = 4.0 / 3)
{
    // torchvision's: after so many tries the whole image is taken, or its centre if it is too narrow or too wide.
    const int Tries = 10;

    /// <summary>Draws a part of an image.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="key">Equal keys give equal parts.</param>
    internal ImagePart Draw(int height, int width, RngKey key)
    {
        double area = (double)height * width;
        for (ulong i = 0; i < Tries; i++)
        {
            double part = area * Between(LeastArea, MostArea, key.Uniform(4 * i)),
                ratio = Math.Exp(Between(Math.Log(LeastRatio), Math.Log(MostRatio), key.Uniform((4 * i) + 1)));
            var (columns, rows) = (Math.Round(Math.Sqrt(part * ratio)), Math.Round(Math.Sqrt(part / ratio)));
            if (columns >= 1 && columns <= width && rows >= 1 && rows <= height)
                return new(
                    key.Below(height - (int)rows + 1, (4 * i) + 2),
                    key.Below(width - (int)columns + 1, (4 * i) + 3),
                    (int)rows,
                    (int)columns
                );
        }

        return Centre(height, width);
    }

    /// <summary>The largest part of the centre whose proportions are allowed.</summary>
    ImagePart Centre(int height, int width)
    {
        var (rows, columns) = (height, width);
        if ((double)width / height < LeastRatio)
            rows = (int)Math.Clamp(Math.Round(width / LeastRatio), 1, height);
        else if ((double)width / height > MostRatio)
            columns = (int)Math.Clamp(Math.Round(height * MostRatio), 1, width);
        return new((height - rows) / 2, (width - columns) / 2, rows, columns);
    }

    static double Between(double low, double high, double share) => low + ((high - low) * share);
}

/// <summary>A part of an image.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
readonly record struct ImagePart(int Top, int Left, int Height, int Width)
{
    /// <summary>The rows of the part, and how many rows of the image were read for them.</summary>
    /// <param name="rows">The image's rows.</param>
    /// <param name="width">Columns of the image.</param>
    public PartRows Of(RowSource rows, int width) => new(this, rows, width);

    /// <summary>Reads an image's rows and gives those of a part.</summary>
    internal sealed class PartRows(ImagePart part, RowSource rows, int width)
    {
        readonly byte[] whole = new byte[width * 4];

        /// <summary>Rows of the image that were read.</summary>
        public int Count { get; private set; }

        /// <summary>The part's next row.</summary>
        /// <param name="row">[part's width, 4].</param>
        public bool Next(Span<byte> row)
        {
            if (!ReadTo(Math.Max(part.Top, Count) + 1))
                return false;
            whole.AsSpan(part.Left * 4, part.Width * 4).CopyTo(row);
            return true;
        }

        /// <summary>Reads until so many rows are read.</summary>
        public bool ReadTo(int count)
        {
            while (Count < count)
            {
                if (!rows(whole))
                    return false;
                Count++;
            }

            return true;
        }
    }
}
