using System.IO.Compression;
using System.Text;
using Pqf.Cli.Images;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Testing;
using SkiaSharp;
using Xunit;

namespace Pqf.Cli.Tests.Images;

/// <summary>Images whose orientation tag says that they are not stored as they are shown.</summary>
public sealed class OrientationTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, int> Files =>
        new(
            from kind in (string[])["jpg", "jpg, 32 bits", "webp", "webp, 32 bits", "png", "png, zTXt", "png, tEXt", "tif"]
            from tag in Enumerable.Range(0, 10)
            select (kind, tag)
        );

    [Theory]
    [MemberData(nameof(Files))]
    public void An_image_is_turned_as_its_tag_says(string kind, int tag)
    {
        var plain = ImageDecoder.Decode(Tagged(kind, null), "plain").Value();
        var turned = ImageDecoder.Decode(Tagged(kind, tag), "tagged").Value();
        var expected = tag is >= 1 and <= 8 ? (Orientation)tag : Orientation.TopLeft;
        Assert.Equal(expected, turned.Orientation);
        var places = TurnedPixels.Of(plain.Height, plain.Width, expected);
        Assert.Equal((places.Height, places.Width), (turned.Height, turned.Width));
        for (int y = 0; y < turned.Height; y++)
        for (int x = 0; x < turned.Width; x++)
            Assert.Equal(
                plain.Pixels.AsSpan(3 * (places.First + (y * places.DownStep) + (x * places.AcrossStep)), 3),
                turned.Pixels.AsSpan(3 * ((y * turned.Width) + x), 3)
            );
    }

    [Fact]
    public void A_network_is_shown_the_turned_image()
    {
        var preprocessing = new Preprocessing { Resize = 5, Crop = 4 };
        string path = folder.Write("a.jpg", Tagged("jpg", 6));
        Assert.Equal(Preprocess.ToInput(ImageDecoder.Decode(path).Value(), preprocessing), Input(ImageDecoder.Reader, path, preprocessing));
    }

    [Fact]
    public void With_ignore_an_image_is_taken_as_it_is_stored()
    {
        var preprocessing = new Preprocessing { Resize = 5, Crop = 4 };
        var reader = ImageDecoder.ReaderOf(ExifOrientation.Ignore);
        string path = folder.Write("a.jpg", Tagged("jpg", 6));
        var (plain, stored) = (ImageDecoder.Decode(Tagged("jpg", null), "plain").Value(), reader.Decode(path).Value());
        Assert.Equal((plain.Height, plain.Width), (stored.Height, stored.Width));
        Assert.Equal(plain.Pixels, stored.Pixels);
        Assert.Equal(Orientation.RightTop, stored.Orientation);
        Assert.Equal(Preprocess.ToInput(plain, preprocessing), Input(reader, path, preprocessing));
    }

    [Theory]
    [InlineData(
        ExifOrientation.Apply,
        "is turned as its EXIF orientation 6 says; preprocessing.exif: ignore takes images as they are stored",
        "2 images are turned as their EXIF orientation says"
    )]
    [InlineData(
        ExifOrientation.Ignore,
        "has EXIF orientation 6, which is not applied (preprocessing.exif: ignore)",
        "2 images have an EXIF orientation that is not applied (preprocessing.exif: ignore)"
    )]
    public void A_data_set_names_the_first_image_with_a_tag_and_counts_all(ExifOrientation exif, string first, string all)
    {
        var lines = new List<string>();
        string[] paths =
        [
            folder.Write("a.jpg", Tagged("jpg", 6)),
            folder.Write("b.png", Tagged("png", 3)),
            folder.Write("c.jpg", Tagged("jpg", 1)),
        ];
        using (var notes = new DataSetNotes(exif, lines.Add))
        {
            var reader = ImageDecoder.ReaderOf(exif, notes.Notes);
            foreach (string path in paths.Concat(paths))
                reader.Decode(path).Value();
            Assert.Equal([$"{paths[0]}: {first}"], lines);
        }

        Assert.Equal(all, lines[1]);
    }

    [Fact]
    public void A_damaged_tag_is_no_turn()
    {
        byte[] bytes = Tagged("jpg", 6);
        bytes.AsSpan(bytes.AsSpan().IndexOf("II*\0"u8) + 4, 4).Fill(0xEE);
        Assert.Equal(Orientation.TopLeft, ImageDecoder.Decode(bytes, "image").Value().Orientation);
        bytes = Tagged("png", 6);
        bytes.AsSpan(bytes.AsSpan().IndexOf("II*\0"u8) + 4, 4).Fill(0xEE);
        Assert.Equal(Orientation.TopLeft, ImageDecoder.Decode(bytes, "image").Value().Orientation);
    }

    [Theory]
    [InlineData("Raw profile type exif\0\nexif\n 8\n4949")] // cut
    [InlineData("Raw profile type exif\0\nexif\n 8\n494")]
    [InlineData("Raw profile type exif\0\nexif\n 8\nno digits")]
    [InlineData("Raw profile type exif\0\0not compressed")]
    [InlineData("Raw profile type exif\0")]
    [InlineData("Raw profile type exif")]
    [InlineData("Comment\0a text")]
    [InlineData("")]
    public void A_damaged_text_is_no_turn(string text)
    {
        byte[] file = Convert.FromBase64String(ImageDecoderTests.ColourPng);
        foreach (string chunk in new[] { "tEXt", "zTXt" })
        {
            byte[] tagged =
            [
                .. file[..33],
                .. TestPngs.Chunk(Encoding.ASCII.GetBytes(chunk), Encoding.ASCII.GetBytes(text)),
                .. file[33..],
            ];
            Assert.Equal(Orientation.TopLeft, ImageDecoder.Decode(tagged, "image").Value().Orientation);
        }
    }

    [Fact]
    public void An_image_to_be_turned_that_is_truncated_is_an_error()
    {
        byte[] bytes = Tagged("jpg", 6);
        for (int length = 1; length < bytes.Length - 4; length++)
            Assert.StartsWith("image: is", ImageDecoder.Decode(bytes[..length], "image").ErrorMessage(), StringComparison.Ordinal);
    }

    static float[] Input(Compression.Data.ImageReader reader, string path, Preprocessing preprocessing)
    {
        float[] input = new float[Preprocess.InputCount(preprocessing)];
        reader.Prepare(path, preprocessing, input, null).Value();
        return input;
    }

    /// <summary>An image of 9×6 pixels with a tag, or without.</summary>
    static byte[] Tagged(string kind, int? tag)
    {
        byte type = (byte)(kind.EndsWith("32 bits", StringComparison.Ordinal) ? 4 : 3);
        byte[] exif = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, type, 0, 1, 0, 0, 0, (byte)(tag ?? 0), 0, 0, 0, 0, 0, 0, 0];
        if (kind == "tif")
            return TestTiffs.Write(6, 9, 3, 8, i => (i * 37) % 256, tag);
        if (kind.StartsWith("webp", StringComparison.Ordinal))
            return WebP(tag is null ? [] : exif);
        bool isJpeg = kind.StartsWith("jpg", StringComparison.Ordinal);
        byte[] file = Convert.FromBase64String(isJpeg ? ImageDecoderTests.ColourJpeg : ImageDecoderTests.ColourPng);
        if (tag is null)
            return file;
        if (kind.Contains(',', StringComparison.Ordinal) && !isJpeg)
            return [.. file[..33], .. Text(kind[^4..], exif), .. file[33..]];
        // JPEG: a segment after the first marker. PNG: a chunk after the header's, which ends at 33.
        return isJpeg
            ? [.. file[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 8), .. "Exif\0\0"u8, .. exif, .. file[2..]]
            : [.. file[..33], .. TestPngs.Chunk("eXIf"u8, exif), .. file[33..]];
    }

    /// <summary>An EXIF block as ImageMagick 6.9 writes it to PNG files: digits in lines of 72, under the profile's name and its
    /// bytes.</summary>
    static byte[] Text(string chunk, byte[] exif)
    {
        byte[] block = [.. "Exif\0\0"u8, .. exif];
        string digits = string.Join('\n', Convert.ToHexStringLower(block).Chunk(72).Select(line => new string(line)));
        byte[] keyword = [.. "Raw profile type exif\0"u8],
            text = Encoding.ASCII.GetBytes($"\nexif\n{block.Length, 8}\n{digits}\n");
        if (chunk == "tEXt")
            return TestPngs.Chunk("tEXt"u8, [.. keyword, .. text]);
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            stream.Write(text);
        return TestPngs.Chunk("zTXt"u8, [.. keyword, 0, .. compressed.ToArray()]);
    }

    /// <summary>An image of 9×6 pixels, with a block after it where there is one.</summary>
    static byte[] WebP(byte[] exif)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(9, 6, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int i = 0; i < 54; i++)
            bitmap.SetPixel(i % 9, i / 9, new SKColor((byte)(i * 37), (byte)(i * 3), (byte)(255 - i)));
        byte[] image = bitmap.Encode(SKEncodedImageFormat.Webp, 90).ToArray();
        if (exif.Length == 0)
            return image;
        // VP8X: flags (8: EXIF), 3 bytes reserved, width − 1 and height − 1 of 3 bytes each.
        byte[] body =
        [
            .. "WEBPVP8X"u8,
            10,
            0,
            0,
            0,
            8,
            0,
            0,
            0,
            8,
            0,
            0,
            5,
            0,
            0,
            .. image[12..],
            .. "EXIF"u8,
            (byte)exif.Length,
            0,
            0,
            0,
            .. exif,
        ];
        return [.. "RIFF"u8, (byte)body.Length, (byte)(body.Length >> 8), 0, 0, .. body];
    }
}
