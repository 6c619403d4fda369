using System.IO.Compression;
using System.Text;
using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>An EXIF block as text in a PNG file: hexadecimal digits under the keyword <c>Raw profile type exif</c>, plain or
/// compressed.</summary>
/// <remarks>Source: PNG, third edition, section 11.3.3; the text that ImageMagick 6 and 7 write: a line break, the profile's name, its
/// bytes, the digits in lines.</remarks>
static class ExifText
{
    // A JPEG file's block has at most 65,535 bytes; two digits each, and line breaks.
    const int MostDigits = 3 * 65_535;

    static readonly string[] Keywords = ["Raw profile type exif", "Raw profile type APP1"];

    /// <summary>What a chunk says of the orientation; as stored where it says nothing.</summary>
    /// <param name="chunk">The chunk's name and data.</param>
    public static Orientation OrientationOf(byte[] chunk)
    {
        int end = Array.IndexOf(chunk, (byte)0, 4);
        if (end < 0 || !Keywords.Contains(Encoding.Latin1.GetString(chunk.AsSpan(4, end - 4))))
            return Orientation.TopLeft;
        // A byte after the keyword names the compression, of which there is one.
        byte[] text = chunk.AsSpan().StartsWith("zTXt"u8) ? Inflate(chunk, end + 2) : chunk[(end + 1)..];
        return Digits(text) is { Length: > 0 } block ? ExifBlock.OrientationOf(block, 0, block.Length) : Orientation.TopLeft;
    }

    static byte[] Inflate(byte[] chunk, int at)
    {
        if (at > chunk.Length)
            return [];
        using var stream = new ZLibStream(new MemoryStream(chunk, at, chunk.Length - at), CompressionMode.Decompress);
        byte[] text = new byte[MostDigits];
        try
        {
            return text[..stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return []; // damaged
        }
    }

    /// <summary>The bytes that the digits after the name and the count give; nothing if there are others.</summary>
    static byte[] Digits(byte[] text)
    {
        string[] lines = Encoding
            .Latin1.GetString(text)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string digits = string.Concat(lines.Skip(2));
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : [];
    }
}
