// Finds objects in the photographs of a folder, draws them, and prints a line for each.
//   DetectFolder maskrcnn.pqf PHOTOGRAPHS OUTPUT [THRESHOLD]
using System.Globalization;
using Pqf;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Tensors;
using SkiaSharp;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: DetectFolder NETWORK PHOTOGRAPHS OUTPUT [THRESHOLD]");
    return 2;
}

double threshold = args.Length > 3 ? double.Parse(args[3], CultureInfo.InvariantCulture) : 0.5;
using var network = ImageNetwork.Load(args[0]);
Directory.CreateDirectory(args[2]);
foreach (string path in Directory.EnumerateFiles(args[1]).Order(StringComparer.Ordinal))
{
    // Decoded once, upright: boxes are in pixels of this image.
    PixelImage photograph;
    try
    {
        photograph = ImageDecoder.Decode(path).ValueOrThrow().ToColour();
    }
    catch (PqfException error)
    {
        Console.Error.WriteLine(error.Message);
        continue;
    }

    var found = network.Detect(photograph, threshold);
    foreach (var thing in found)
        Console.WriteLine($"{Path.GetFileName(path)}  {thing.Score:P0}  {thing.Name}");
    using var picture = Picture(photograph);
    Draw(picture, [.. found]);
    using var file = File.Create(Path.Combine(args[2], Path.GetFileNameWithoutExtension(path) + ".png"));
    picture.Encode(file, SKEncodedImageFormat.Png, 100);
}

return 0;

static SKBitmap Picture(PixelImage image)
{
    var bitmap = new SKBitmap(image.Width, image.Height);
    for (int y = 0; y < image.Height; y++)
    for (int x = 0; x < image.Width; x++)
    {
        var rgb = image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3);
        bitmap.SetPixel(x, y, new SKColor(rgb[0], rgb[1], rgb[2]));
    }

    return bitmap;
}

static void Draw(SKBitmap picture, FoundObject[] found)
{
    using var canvas = new SKCanvas(picture);
    using var line = new SKPaint
    {
        Color = SKColors.OrangeRed,
        IsStroke = true,
        StrokeWidth = 3,
        IsAntialias = true,
    };
    foreach (var thing in found)
        canvas.DrawRect((float)thing.X, (float)thing.Y, (float)thing.Width, (float)thing.Height, line);
}
