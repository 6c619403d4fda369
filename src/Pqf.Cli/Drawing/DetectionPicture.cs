using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors.Ops.Boxes;
using SkiaSharp;

namespace Pqf.Cli.Drawing;

/// <summary>Draws detections on the picture they were found in: translucent masks with outlines, boxes, and labels with class and
/// score.</summary>
static class DetectionPicture
{
    // Chosen by eye, on photographs of 480 to 640 rows.
    const byte MaskOpacity = 110;
    const int PixelsPerStroke = 320;

    // The golden angle: neighbours in any list of hues differ, however long it is.
    const float HueStep = 137.508f;

    /// <summary>Draws.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="found">What was found in it, by falling score.</param>
    /// <param name="classNames">By label.</param>
    /// <param name="maskThreshold">Pixels above this probability are the object's.</param>
    /// <returns>A PNG file.</returns>
    public static byte[] Draw(PixelImage image, Detections found, ImmutableArray<string> classNames, float maskThreshold)
    {
        using var bitmap = BitmapOf(image);
        int stroke = Math.Max(1, (Math.Min(image.Height, image.Width) + (PixelsPerStroke / 2)) / PixelsPerStroke);
        // The surest are drawn last, on top of the others.
        for (int i = found.Items.Length - 1; i >= 0; i--)
            Cover(bitmap, MaskPasting.Paste(found.Items[i], found.Height, found.Width, maskThreshold), ColourOf(i));
        using (var canvas = new SKCanvas(bitmap))
        {
            for (int i = found.Items.Length - 1; i >= 0; i--)
                Frame(canvas, found.Items[i].Box, ColourOf(i), stroke + 1);
            var labels = new LabelPlaces(image.Width, image.Height);
            for (int i = 0; i < found.Items.Length; i++)
                Label(canvas, labels, found.Items[i], classNames[found.Items[i].Label], ColourOf(i), stroke);
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    static SKColor ColourOf(int index) => SKColor.FromHsv(index * HueStep % 360, 80, 100);

    static SKBitmap BitmapOf(PixelImage image)
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

    /// <summary>Mixes a colour into the pixels of a mask; those at its edge get it whole.</summary>
    static void Cover(SKBitmap bitmap, BinaryMask mask, SKColor colour)
    {
        var pixels = bitmap.GetPixelSpan();
        ReadOnlySpan<byte> mixed = [colour.Red, colour.Green, colour.Blue];
        for (int y = 0; y < mask.Height; y++)
        for (int x = 0; x < mask.Width; x++)
        {
            if (mask.Values[(y * mask.Width) + x] == 0)
                continue;
            int opacity = IsEdge(mask, x, y) ? byte.MaxValue : MaskOpacity;
            var pixel = pixels.Slice(4 * ((y * mask.Width) + x), 3);
            for (int c = 0; c < 3; c++)
                pixel[c] = (byte)(((pixel[c] * (byte.MaxValue - opacity)) + (mixed[c] * opacity)) / byte.MaxValue);
        }
    }

    static bool IsEdge(BinaryMask mask, int x, int y)
    {
        int at = (y * mask.Width) + x;
        return (x > 0 && mask.Values[at - 1] == 0)
            || (x < mask.Width - 1 && mask.Values[at + 1] == 0)
            || (y > 0 && mask.Values[at - mask.Width] == 0)
            || (y < mask.Height - 1 && mask.Values[at + mask.Width] == 0);
    }

    static void Frame(SKCanvas canvas, Box box, SKColor colour, int stroke)
    {
        using var paint = new SKPaint
        {
            Color = colour,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = stroke,
        };
        canvas.DrawRect(new SKRect(box.X1, box.Y1, box.X2, box.Y2), paint);
    }

    static void Label(SKCanvas canvas, LabelPlaces places, Detection item, string name, SKColor colour, int scale)
    {
        string text = $"{name} {Math.Round(100 * item.Score):0}%";
        int margin = 2 * scale;
        var place = places.Take(item.Box, (PixelFont.WidthOf(text) * scale) + (2 * margin), (PixelFont.Height * scale) + (2 * margin));
        using var paint = new SKPaint { Color = colour, Style = SKPaintStyle.Fill };
        canvas.DrawRect(place, paint);
        paint.Color = SKColors.Black;
        foreach (var (x, y) in PixelFont.PixelsOf(text))
            canvas.DrawRect(place.Left + margin + (x * scale), place.Top + margin + (y * scale), scale, scale, paint);
    }
}
