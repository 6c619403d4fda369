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
            throw new ShapeException(
                "PixelImage",
                $"expected [height, width, 1 or 3] bytes, got {pixels.Length} for [{height}, {width}, {channels}]"
            );
        (Height, Width, Channels, Pixels) = (height, width, channels, pixels);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>How the file that it comes from stores it. The pixels are turned already, unless the decoder ignores it.</summary>
    public Orientation Orientation { get; init; } = Orientation.TopLeft;

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>, <see cref="Channels"/>].</summary>
    public byte[] Pixels { get; }

    /// <summary>The image in grey: luma of ITU-R 601-2, in 16 bits of fraction, as Pillow's mode L.</summary>
    public PixelImage ToGrey()
    {
        if (Channels == 1)
            return this;
        byte[] grey = new byte[Height * Width];
        for (int i = 0; i < grey.Length; i++)
            grey[i] = Luma(Pixels[3 * i], Pixels[(3 * i) + 1], Pixels[(3 * i) + 2]);
        return new(Height, Width, 1, grey);
    }

    // 0.299, 0.587 and 0.114 of 2¹⁶; they add up to 2¹⁶, so a grey pixel keeps its value.
    internal static byte Luma(byte red, byte green, byte blue) => (byte)(((19595 * red) + (38470 * green) + (7471 * blue) + 0x8000) >> 16);

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

    /// <summary>Copies a row as four bytes a pixel, of which the fourth is not written.</summary>
    internal bool CopyRow(int y, Span<byte> row)
    {
        var pixels = Pixels.AsSpan(y * Width * Channels, Width * Channels);
        // Grey is its own red, green and blue.
        int green = Channels == 3 ? 1 : 0,
            blue = Channels == 3 ? 2 : 0;
        for (int x = 0, at = 0; x < Width; x++, at += Channels)
            (row[4 * x], row[(4 * x) + 1], row[(4 * x) + 2]) = (pixels[at], pixels[at + green], pixels[at + blue]);
        return true;
    }

    /// <summary>A part of the image; where it reaches outside, black.</summary>
    /// <param name="top">First row; may be negative.</param>
    /// <param name="left">First column; may be negative.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    public PixelImage Crop(int top, int left, int height, int width)
    {
        byte[] part = new byte[height * width * Channels];
        int firstColumn = Math.Max(left, 0),
            lastColumn = Math.Min(left + width, Width);
        for (int y = Math.Max(top, 0); y < Math.Min(top + height, Height) && firstColumn < lastColumn; y++)
        {
            var row = Pixels.AsSpan(((y * Width) + firstColumn) * Channels, (lastColumn - firstColumn) * Channels);
            row.CopyTo(part.AsSpan((((y - top) * width) + firstColumn - left) * Channels));
        }

        return new(height, width, Channels, part);
    }
}
