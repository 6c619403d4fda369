using Pqf.Nets.Images;
using Pqf.Tensors;
using SkiaSharp;

namespace Pqf.Cli.Data;

/// <summary>Decodes images to the bytes that Pillow gives for them: three channels, no transparency, as stored (the orientation tag is not applied), no colour management.</summary>
static class ImageDecoder
{
    // Pillow refuses more as a decompression bomb: twice its warning limit of 1024³ / 4 / 3 pixels.
    const long MaxPixels = 178_956_970;

    /// <summary>Decodes a file.</summary>
    /// <returns>The image, three channels; an error that names the file if it cannot be read, is no image, or is damaged or incomplete.</returns>
    public static Result<PixelImage, PqfError> Decode(string path)
    {
        try
        {
            return Decode(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new PqfError.File(path, exception is FileNotFoundException or DirectoryNotFoundException ? "not found" : "cannot be read");
        }
    }

    /// <summary>Decodes an image in memory.</summary>
    /// <param name="bytes">A whole JPEG, PNG, BMP, GIF or WebP file.</param>
    /// <param name="name">For messages.</param>
    public static Result<PixelImage, PqfError> Decode(byte[] bytes, string name)
    {
        if (bytes.Length == 0)
            return new PqfError.File(name, "is empty; expected an image");
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        if (codec is null)
            return new PqfError.File(name, "is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP), or is damaged");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MaxPixels)
            return new PqfError.File(name, $"claims {width}×{height} pixels; at most {MaxPixels} are decoded");
        byte[] pixels = new byte[(long)width * height * 4];
        var result = Read(codec, new(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), pixels);
        return result == SKCodecResult.Success
            ? new PixelImage(height, width, 3, DropFourth(pixels))
            : new PqfError.File(name, $"is a damaged image: {Describe(result)}");
    }

    static unsafe SKCodecResult Read(SKCodec codec, SKImageInfo info, byte[] pixels)
    {
        fixed (byte* start = pixels)
            return codec.GetPixels(info, (nint)start, info.RowBytes, SKCodecOptions.Default);
    }

    static string Describe(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "it is truncated",
        SKCodecResult.ErrorInInput => "its data are corrupt",
        _ => result.ToString(),
    };

    static byte[] DropFourth(byte[] pixels)
    {
        byte[] colour = new byte[pixels.Length / 4 * 3];
        for (int from = 0, to = 0; from < pixels.Length; from += 4, to += 3)
        {
            colour[to] = pixels[from];
            colour[to + 1] = pixels[from + 1];
            colour[to + 2] = pixels[from + 2];
        }

        return colour;
    }
}
