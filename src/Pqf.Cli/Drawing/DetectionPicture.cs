using System.Collections.Immutable;
using Pqf.Nets.Coco;
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
    const float LetterSize = 11;

    // Pictures of reports: letters of 11 pixels where a telephone shows them 340 pixels wide.
    const int SmallSide = 480,
        SmallQuality = 80;
    const float SmallLetterSize = 15;

    // Halfway between black and white in WCAG's ratio of contrasts: (1 + 0.05) / (L + 0.05) = (L + 0.05) / 0.05.
    const double MiddleLuminance = 0.179;

    // The golden angle: neighbours in any list of hues differ, however long it is.
    const float HueStep = 137.508f;

    /// <summary>Draws.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="found">What was found in it, by falling score.</param>
    /// <param name="classNames">By label.</param>
    /// <param name="maskThreshold">Pixels above this probability are the object's.</param>
    /// <param name="jpegQuality">Of a JPEG, 1 to 100; null for a PNG.</param>
    /// <returns>The file.</returns>
    public static byte[] Draw(
        PixelImage image,
        Detections found,
        ImmutableArray<string> classNames,
        float maskThreshold,
        int? jpegQuality = null
    )
    {
        using var bitmap = Bitmaps.Of(image);
        int stroke = Math.Max(1, (Math.Min(image.Height, image.Width) + (PixelsPerStroke / 2)) / PixelsPerStroke);
        Draw(
            bitmap,
            [
                .. found.Items.Select(item => new DrawnObject(
                    item.Box,
                    classNames[item.Label],
                    item.Score,
                    () => MaskPasting.Paste(item, found.Height, found.Width, maskThreshold)
                )),
            ],
            [],
            stroke,
            LetterSize * stroke
        );
        using var data = jpegQuality is { } quality
            ? bitmap.Encode(SKEncodedImageFormat.Jpeg, quality)
            : bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Draws on a small picture for a report, with the annotated objects as thin dashed boxes.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="found">What was found in it, with boxes, by falling score.</param>
    /// <param name="nameOf">Name of a category.</param>
    /// <param name="annotated">Boxes of the annotated objects.</param>
    /// <returns>A JPEG.</returns>
    public static byte[] Small(PixelImage image, IEnumerable<CocoDetection> found, Func<int, string> nameOf, IEnumerable<CocoBox> annotated)
    {
        using var bitmap = Bitmaps.Reduced(image, SmallSide);
        var (width, height) = (bitmap.Width, bitmap.Height);
        Draw(
            bitmap,
            [
                .. found.Select(item => new DrawnObject(
                    Scaled(item.Box!.Value),
                    nameOf(item.CategoryId),
                    (float)item.Score,
                    () => item.Mask is { } mask ? new BinaryMask(height, width, mask.ToBitmap(height, width)) : null
                )),
            ],
            [.. annotated.Select(Scaled)],
            1,
            SmallLetterSize
        );
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, SmallQuality);
        return data.ToArray();

        Box Scaled(CocoBox box) =>
            new Box((float)box.X, (float)box.Y, (float)(box.X + box.Width), (float)(box.Y + box.Height)).Scale(
                (float)width / image.Width,
                (float)height / image.Height
            );
    }

    static void Draw(SKBitmap bitmap, ImmutableArray<DrawnObject> found, ImmutableArray<Box> annotated, int stroke, float letterSize)
    {
        // The surest are drawn last, on top of the others.
        for (int i = found.Length - 1; i >= 0; i--)
            if (found[i].Mask() is { } mask)
                Cover(bitmap, mask, ColourOf(i));
        using var font = new LabelFont(letterSize);
        using var canvas = new SKCanvas(bitmap);
        for (int i = found.Length - 1; i >= 0; i--)
            Frame(canvas, found[i].Box, ColourOf(i), stroke + 1);
        foreach (var box in annotated)
            Dash(canvas, box);
        var labels = new Labels(canvas, font, new LabelPlaces(bitmap.Width, bitmap.Height), bitmap.Width, 2 * stroke);
        for (int i = 0; i < found.Length; i++)
            labels.Draw(found[i], ColourOf(i));
    }

    /// <summary>White dashes on a darker line: visible on any picture, and unlike the frames of what was found.</summary>
    static void Dash(SKCanvas canvas, Box box)
    {
        using var dashes = SKPathEffect.CreateDash([5, 4], 0);
        using var paint = new SKPaint
        {
            Color = SKColors.Black.WithAlpha(MaskOpacity),
            Style = SKPaintStyle.Stroke,
            StrokeWidth = 2,
        };
        var place = new SKRect(box.X1, box.Y1, box.X2, box.Y2);
        canvas.DrawRect(place, paint);
        paint.Color = SKColors.White;
        paint.StrokeWidth = 1;
        paint.PathEffect = dashes;
        canvas.DrawRect(place, paint);
    }

    /// <summary>An object as it is drawn.</summary>
    /// <param name="Box">In pixels of the picture.</param>
    /// <param name="Name">Of its class.</param>
    /// <param name="Score">0 … 1.</param>
    /// <param name="Mask">Gives its pixels, or null where only the box is known. Asked for when it is drawn: a hundred masks of a large
    /// picture take a gigabyte.</param>
    sealed record DrawnObject(Box Box, string Name, float Score, Func<BinaryMask?> Mask);

    static SKColor ColourOf(int index) => SKColor.FromHsv(index * HueStep % 360, 80, 100);

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

    /// <summary>Black on light colours, white on dark ones: the ink of the higher contrast.</summary>
    internal static SKColor InkOn(SKColor colour)
    {
        double luminance = (0.2126 * Linear(colour.Red)) + (0.7152 * Linear(colour.Green)) + (0.0722 * Linear(colour.Blue));
        return luminance > MiddleLuminance ? SKColors.Black : SKColors.White;

        // sRGB: IEC 61966-2-1.
        static double Linear(byte value) =>
            value / 255.0 is var share && share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }

    /// <summary>Draws labels, each at its own place.</summary>
    /// <param name="canvas">The picture.</param>
    /// <param name="font">Letters.</param>
    /// <param name="places">Where there is room.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="margin">Pixels around the letters.</param>
    sealed class Labels(SKCanvas canvas, LabelFont font, LabelPlaces places, int width, int margin)
    {
        public void Draw(DrawnObject item, SKColor colour)
        {
            string text = font.Fit(item.Name, $" {Math.Round(100 * item.Score):0}%", width - (2 * margin));
            var place = places.Take(item.Box, font.WidthOf(text) + (2 * margin), font.Height + (2 * margin));
            using var paint = new SKPaint
            {
                Color = colour,
                Style = SKPaintStyle.Fill,
                IsAntialias = true,
            };
            canvas.DrawRect(place, paint);
            paint.Color = InkOn(colour);
            using var letters = font.OutlineOf(text, place.Left + margin, place.Top + margin);
            canvas.DrawPath(letters, paint);
        }
    }
}
