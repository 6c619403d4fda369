using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>A decoded image: bytes [height, width, channels], row-major.</summary>
public sealed class PixelImage
{
    /// <summary>An image of existing bytes, which must not change afterwards.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="channels">1 (grey) or 3 (red, green, blue).</param>
    /// <param name="pixels">[height · width · channels].</param>
    /// <exception cref="ShapeException">The bytes are not as many as the size needs, or the size is not one of an image.</exception>
    public PixelImage(int height, int width, int channels, byte[] pixels)
    {
        if (height < 1 || width < 1 || channels is not (1 or 3) || pixels.Length != (long)height * width * channels)
            throw new ShapeException("PixelImage", $"expected [height, width, 1 or 3] bytes, got {pixels.Length} for [{height}, {width}, {channels}]");
        (Height, Width, Channels, Pixels) = (height, width, channels, pixels);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>, <see cref="Channels"/>].</summary>
    public byte[] Pixels { get; }

    /// <summary>The image in grey: luma of ITU-R 601-2, in 16 bits of fraction, as Pillow's mode L.</summary>
    public PixelImage ToGrey()
    {
        if (Channels == 1)
            return this;
        byte[] grey = new byte[Height * Width];
        for (int i = 0; i < grey.Length; i++)
        {
            // 0.299, 0.587 and 0.114 of 2¹⁶; they add up to 2¹⁶, so a grey pixel keeps its value.
            int luma = (19595 * Pixels[3 * i]) + (38470 * Pixels[(3 * i) + 1]) + (7471 * Pixels[(3 * i) + 2]);
            grey[i] = (byte)((luma + 0x8000) >> 16);
        }

        return new(Height, Width, 1, grey);
    }

    /// <summary>The image in three channels; grey is repeated.</summary>
    public PixelImage ToColour()
    {
        if (Channels == 3)
            return this;
        byte[] colour = new byte[Pixels.Length * 3];
        for (int i = 0; i < colour.Length; i++)
            colour[i] = Pixels[i / 3];
        return new(Height, Width, 3, colour);
    }

    /// <summary>A part of the image; where it reaches outside, black.</summary>
    /// <param name="top">First row; may be negative.</param>
    /// <param name="left">First column; may be negative.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    public PixelImage Crop(int top, int left, int height, int width)
    {
        byte[] part = new byte[height * width * Channels];
        int firstColumn = Math.Max(left, 0), lastColumn = Math.Min(left + width, Width);
        for (int y = Math.Max(top, 0); y < Math.Min(top + height, Height) && firstColumn < lastColumn; y++)
        {
            var row = Pixels.AsSpan(((y * Width) + firstColumn) * Channels, (lastColumn - firstColumn) * Channels);
            row.CopyTo(part.AsSpan((((y - top) * width) + firstColumn - left) * Channels));
        }

        return new(height, width, Channels, part);
    }
}
