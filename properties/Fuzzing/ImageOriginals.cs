using System.Buffers.Binary;
using Pqf.Tensors;
using SkiaSharp;

namespace Pqf.Properties.Fuzzing;

/// <summary>Small whole images of every kind that is decoded.</summary>
static class ImageOriginals
{
    // Produced by: cjpeg (libjpeg-turbo 2.1.5) from a 26×19 image: -quality 60 -progressive; -quality 60 -restart 1B -optimize.
    const string ProgressiveJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAATABoDASIAAhEBAxEB/8QAGAAAAgMAAAAAAAAAAAAAAAAAAAQCAwX/xAAXAQEBAQEAAAAAAAAAAAAAAAADBQIG/9oADAMBAAIQAxAAAAHDYcaI0LdGeqVTYFzk2AOl/8QAGxAAAwADAQEAAAAAAAAAAAAAAAECAxESEzH/2gAIAQEAAQUCUCxixnmTBOM50cskXyUaP//EABgRAAMBAQAAAAAAAAAAAAAAAAADBAIh/9oACAEDAQE/AVUC6OCzJ//EABsRAAICAwEAAAAAAAAAAAAAAAABAgMREjEy/9oACAECAQE/AYPYk64vDKPJTw//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAY/Ak//xAAcEAACAgIDAAAAAAAAAAAAAAAAAVFhEBEhQXH/2gAIAQEAAT8hOorPOGgS9OShCqBUFQaQf//aAAwDAQACAAMAAAAQD9AD/8QAFxEBAQEBAAAAAAAAAAAAAAAAAQARQf/aAAgBAwEBPxDDsjG6Tcv/xAAXEQEBAQEAAAAAAAAAAAAAAAABABFh/9oACAECAQE/EI6Q15JE8gX/xAAcEAACAwADAQAAAAAAAAAAAAAAAREhMRBRYcH/2gAIAQEAAT8Q8STgMjGjAPErdBRfIpUEmaSlIo0FDg//2Q==";
    const string RestartedJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAATABoDASIAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAUGBAP/xAAlEAABAwMDAwUAAAAAAAAAAAAAAQIDBBEhBSIyEhUxQlFhYpH/xAAXAQEBAQEAAAAAAAAAAAAAAAADBQQG/8QAHhEAAQQCAwEAAAAAAAAAAAAAAQACAwQFERITYUH/3QAEAAH/2gAMAwEAAhEDEQA/AIeGg+BhDp9/SOKeg8YGlPp/jaZoXdqCrkNfV//QTQ6b9TV2zHEomUjY1ROm7vY7JTSW4N/AZHVo3cXHZ8V2vkCWr//R3UrG42oNoWNSNVREuiABPokiMnxcrWJ2F//SqqWNmNqDBI2W4oAEimBwRRE6X//Z";

    // The well-known image of one pixel.
    const string Gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

    public static IReadOnlyList<byte[]> All =>
        [
            Encoded(SKEncodedImageFormat.Jpeg),
            Encoded(SKEncodedImageFormat.Png),
            Encoded(SKEncodedImageFormat.Webp),
            Convert.FromBase64String(ProgressiveJpeg),
            Convert.FromBase64String(RestartedJpeg),
            Convert.FromBase64String(Gif),
            Bitmap(),
        ];

    /// <summary>A picture of noise and of flat parts.</summary>
    static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(48, 40);
        var key = RngKey.FromSeed(5);
        for (int y = 0; y < bitmap.Height; y++)
        for (int x = 0; x < bitmap.Width; x++)
            bitmap.SetPixel(
                x,
                y,
                x < 20 ? new SKColor(200, (byte)(6 * y), 30) : new SKColor((uint)key.Bits((ulong)((y * 48) + x)) | 0xFF000000)
            );
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>Windows' format, 24 bits: two headers, then rows of four pixels from the bottom up.</summary>
    static byte[] Bitmap()
    {
        byte[] bytes = new byte[54 + (4 * 3 * 3)];
        "BM"u8.CopyTo(bytes);
        foreach (
            var (at, value) in new[]
            {
                (2, bytes.Length),
                (10, 54),
                (14, 40),
                (18, 4),
                (22, 3),
                (26, 1 | (24 << 16)),
                (34, bytes.Length - 54),
            }
        )
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        for (int i = 54; i < bytes.Length; i++)
            bytes[i] = (byte)(7 * i);
        return bytes;
    }
}
