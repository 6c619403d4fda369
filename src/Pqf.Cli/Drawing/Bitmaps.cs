using Pqf.Nets.Images;
using SkiaSharp;

namespace Pqf.Cli.Drawing;

/// <summary>Images in the form that SkiaSharp draws on and writes.</summary>
static class Bitmaps
{
    const int ThumbnailSide = 160,
        ThumbnailQuality = 80;

    /// <summary>The same pixels, in colour.</summary>
    public static SKBitmap Of(PixelImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var colour = image.ToColour().Pixels;
        var to = bitmap.GetPixelSpan();
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            colour.AsSpan(3 * i, 3).CopyTo(to[(4 * i)..]);
            to[(4 * i) + 3] = byte.MaxValue;
        }

        return bitmap;
    }

    /// <summary>A small JPEG of an image, its shape kept.</summary>
    public static byte[] Thumbnail(PixelImage image)
    {
        using var small = Reduced(image, ThumbnailSide);
        using var data = small.Encode(SKEncodedImageFormat.Jpeg, ThumbnailQuality);
        return data.ToArray();
    }

    /// <summary>An image in colour, its shape kept.</summary>
    /// <param name="image">The image.</param>
    /// <param name="side">Most pixels of the longer side; smaller images keep their size.</param>
    public static SKBitmap Reduced(PixelImage image, int side)
    {
        using var whole = Of(image);
        double scale = Math.Min(1, (double)side / Math.Max(image.Width, image.Height));
        var size = new SKSizeI(Math.Max(1, (int)(scale * image.Width)), Math.Max(1, (int)(scale * image.Height)));
        return whole.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
    }
}
