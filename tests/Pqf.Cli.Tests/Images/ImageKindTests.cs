using System.Security.Cryptography;
using System.Text;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Images;

/// <summary>Kinds of images that people have.</summary>
public sealed class ImageKindTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_kind_decodes_to_Pillow_s_bytes()
    {
        string output = Python.Run("PIL, numpy", Script, folder.Path);
        string[][] lines = [.. output.TrimEnd('\n').Split('\n').Select(line => line.Split(' '))];
        Assert.InRange(lines.Length, 60, int.MaxValue);
        Assert.All(
            lines,
            line =>
                Assert.Equal(
                    line[1],
                    ImageDecoder
                        .Decode(folder.File(line[0]))
                        .Match(image => $"{image.Height}x{image.Width}:{Convert.ToHexStringLower(image.Pixels)}", error => error.Message)
                )
        );
    }

    // Produced by: Pillow 9.4.0, convert('RGB').tobytes(), as SHA-256.
    [Fact]
    public void Case_trans_gif_has_the_colours_under_its_transparency() =>
        Assert.Equal(
            "88f16cba80cff6051dc74ecb222bfab86250522dbada238eeabea6b9b27822ea",
            Convert.ToHexStringLower(SHA256.HashData(ImageDecoder.Decode(SharedData.Path("cases/images/trans.gif")).Value().Pixels))
        );

    [Fact]
    public void Case_gray16_12bit_png_is_stretched_with_a_note()
    {
        string path = SharedData.Path("cases/images/gray16_12bit.png");
        var (image, note) = Decode(path);
        // Column x of 64 is 65 x of 4095.
        byte[] expected = [.. Enumerable.Range(0, 64 * 40 * 3).Select(i => Stretched(65 * (i / 3 % 64), 12))];
        Assert.Equal(expected, image.Pixels);
        Assert.Equal($"{path}: has samples of 16 bits up to 4095 of 65535: they are taken as 12 bits and stretched", note);
    }

    [Theory]
    [InlineData(200, 8)]
    [InlineData(255, 8)]
    [InlineData(256, 10)]
    [InlineData(1023, 10)]
    [InlineData(1024, 12)]
    [InlineData(4095, 12)]
    [InlineData(4096, 14)]
    [InlineData(16383, 14)]
    public void Fewer_bits_than_16_are_stretched_in_every_kind_of_file(int largest, int bits)
    {
        int Sample(int i) => i == 7 ? largest : i * 7919 % largest;
        byte[] grey = [.. Enumerable.Range(0, 7 * 5 * 3).Select(i => Stretched(Sample(i / 3), bits))],
            colour = [.. Enumerable.Range(0, 7 * 5 * 3).Select(i => Stretched(Sample(i), bits))];
        Check("0.png", TestPngs.Write(7, 5, 0, Sample), grey);
        Check("2.png", TestPngs.Write(7, 5, 2, Sample), colour);
        Check("4.png", TestPngs.Write(7, 5, 4, i => i % 2 == 0 ? Sample(i / 2) : ushort.MaxValue), grey);
        Check("6.png", TestPngs.Write(7, 5, 6, i => i % 4 < 3 ? Sample((i / 4 * 3) + (i % 4)) : ushort.MaxValue), colour);
        Check("0.tif", TestTiffs.Write(7, 5, 1, 16, Sample), grey);
        Check("2.tif", TestTiffs.Write(7, 5, 3, 16, Sample), colour);
        Check("0.pgm", Netpbm("P5", 7 * 5), grey);
        Check("2.ppm", Netpbm("P6", 7 * 5 * 3), colour);

        byte[] Netpbm(string kind, int count) =>
            [
                .. Encoding.ASCII.GetBytes($"{kind} 5 7 65535\n"),
                .. Enumerable.Range(0, 2 * count).Select(i => (byte)(i % 2 == 0 ? Sample(i / 2) >> 8 : Sample(i / 2))),
            ];

        void Check(string name, byte[] file, byte[] expected)
        {
            var (image, note) = Decode(folder.Write(name, file));
            Assert.Equal(expected, image.Pixels);
            Assert.Contains($" up to {largest} of 65535: they are taken as {bits} bits and stretched", note);
        }
    }

    // Bits that the chunk sBIT names, how samples of them are stored, the largest, and the bits that they are taken as.
    [Theory]
    [InlineData(12, "raw", 4000, 12)]
    [InlineData(12, "raw", 900, 12)] // 10 without the chunk
    [InlineData(10, "raw", 200, 10)] // 8 without it
    [InlineData(14, "raw", 16383, 14)]
    [InlineData(12, "raw", 5000, 14)] // the chunk is wrong
    [InlineData(16, "raw", 900, 10)] // and here says nothing
    [InlineData(12, "shifted", 900, 16)] // a dark image
    [InlineData(12, "scaled", 900, 16)]
    [InlineData(10, "scaled", 200, 16)]
    public void The_bits_that_a_PNG_file_says_are_in_use_are_believed(int said, string stored, int largest, int bits)
    {
        int Sample(int i) =>
            (i == 7 ? largest : i * 7919 % largest) is var value && stored == "shifted" ? value << (16 - said)
            : stored == "scaled" ? (int)Math.Round(value * 65535.0 / ((1 << said) - 1))
            : value;
        byte[] file = TestPngs.Write(7, 5, 2, Sample);
        var (image, note) = Decode(folder.Write("a.png", [.. file[..33], .. TestPngs.Chunk("sBIT"u8, [1, (byte)said, 1]), .. file[33..]]));
        byte[] expected = [.. Enumerable.Range(0, 7 * 5 * 3).Select(i => bits == 16 ? (byte)(Sample(i) >> 8) : Stretched(Sample(i), bits))];
        Assert.Equal(expected, image.Pixels);
        Assert.Equal(bits < 16, note is not null);
    }

    [Fact]
    public void Sixteen_bits_in_use_give_their_high_bytes_without_a_note()
    {
        int Sample(int i) => (i * 7919 % 65536) | (i == 3 ? 0xC000 : 0);
        byte[] expected = [.. Enumerable.Range(0, 7 * 5 * 3).Select(i => (byte)(Sample(i / 3) >> 8))];
        foreach (var (name, file) in new[] { ("a.png", TestPngs.Write(7, 5, 0, Sample)), ("a.tif", TestTiffs.Write(7, 5, 1, 16, Sample)) })
        {
            var (image, note) = Decode(folder.Write(name, file));
            Assert.Equal(expected, image.Pixels);
            Assert.Null(note);
        }
    }

    // Produced by: tiffcp (libtiff 4.5.0) -t -w 16 -l 16 -c zip:2 from a grey image of 26×19 whose pixel x, y is 8 x y.
    [Fact]
    public void Tiles_of_16_bits_are_put_together()
    {
        var (image, note) = Decode(folder.Write("a.tif", Convert.FromBase64String(TiledTiff)));
        byte[] expected = [.. Enumerable.Range(0, 26 * 19 * 3).Select(i => Stretched(8 * (i / 3 % 26) * (i / 3 / 26), 12))];
        Assert.Equal(expected, image.Pixels);
        Assert.Contains("up to 3600 of 65535", note);
    }

    [Theory]
    [InlineData("....ftypheic....mif1heic", "is a HEIC image, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("....ftypmif1....mif1miafheix", "is a HEIC image, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("....ftypmif1....avifmiaf", "is an AVIF image, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("....ftypisom....mp41", "is a video, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("8BPS............", "is a Photoshop image, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("%PDF-1.7", "is a PDF document, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("II*.....CR......", "is a camera's raw photograph, which is not decoded; convert it to JPEG or PNG")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer, not the image itself: run git lfs pull")]
    [InlineData("<!DOCTYPE html><html>", "is a web page, not an image")]
    [InlineData("P6 4 4 70000 ", "is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP, TIFF, PPM), or is damaged")]
    public void What_is_not_decoded_is_named(string start, string problem)
    {
        byte[] file = [.. Encoding.ASCII.GetBytes(start).Select(value => value == '.' ? (byte)0 : value), .. new byte[16]];
        if (start.StartsWith("....ftyp", StringComparison.Ordinal))
            file[3] = (byte)(start.Length);
        if (start.StartsWith("II", StringComparison.Ordinal))
            (file[3], file[4]) = (0, 16);
        Assert.Equal($"a.jpg: {problem}", ImageDecoder.Decode(file, "a.jpg").ErrorMessage());
    }

    [Theory]
    [InlineData(258, 32, "is a TIFF image with samples of 32 bits; expected 1 to 16")]
    [InlineData(277, 9, "is a TIFF image with 9 samples a pixel; expected at most 8")]
    [InlineData(279, 100_000, "is a damaged TIFF image: it is truncated")]
    [InlineData(257, 100_000, "claims 5×100000 pixels; at most 178956970 are decoded, 65535 a side")]
    [InlineData(257, 60_000, "is a damaged TIFF image, or of a kind that is not decoded: ")]
    public void A_TIFF_file_that_cannot_be_decoded_says_why(int tag, int value, string problem)
    {
        byte[] file = TestTiffs.Write(7, 5, 1, 16, i => i);
        file.AsSpan(file.AsSpan().IndexOf((byte[])[(byte)tag, (byte)(tag >> 8), 4, 0, 1, 0, 0, 0]) + 8, 4).Clear();
        BitConverter.TryWriteBytes(file.AsSpan(file.AsSpan().IndexOf((byte[])[(byte)tag, (byte)(tag >> 8), 4, 0, 1, 0, 0, 0]) + 8), value);
        Assert.StartsWith($"a.tif: {problem}", ImageDecoder.Decode(file, "a.tif").ErrorMessage());
    }

    [Fact]
    public void A_text_image_that_ends_too_early_names_the_row() =>
        Assert.Equal(
            "a.ppm: is a damaged image: it is truncated or corrupt at row 2 of 3",
            ImageDecoder.Decode([.. "P3 1 3 255 1 2 3 4 5"u8], "a.ppm").ErrorMessage()
        );

    static (PixelImage Image, string? Note) Decode(string path)
    {
        string? note = null;
        var reader = ImageDecoder.ReaderOf(ExifOrientation.Apply, new ImageNotes { Guessed = (name, guess) => note = $"{name}: {guess}" });
        return (reader.Decode(path).Value(), note);
    }

    static byte Stretched(int value, int bits) => (byte)Math.Floor((value * 255.0 / ((1 << bits) - 1)) + 0.5);

    const string TiledTiff =
        "SUkqAMABAAB4nIXBEQKEAAAAwcHDwzAMwzAMwzAMw57fD7YZn36Zf2bIjJkpM2eWzJrZMnvmyJyZK3NnnvwCWBw4QXichcarFcIAEAXRyR+JRCKRSCQSiUQikUjkSkqgBEqgBEqgBErIP5HvnF2RGXNZyFiFn5NMsiY8yZZs8L9GmXRLeJQt3eF/DzLZnvAgW3bA/+ll8iPhXrb8hP/byRRnwp1sxQX/r5Upr4Rb2cob/n8jU90JN7JVD/x1Lc/LX085eJx9xqsNAlEQhtGPfbaARCKRSCQSiUQikciRSCQlUAIlUMKWsCXsOyv/ZCa5OeaAJcErCd5JttnifRadbEew6Jbt8b6zTn4gmHXLj3i/Sac4EUy6FWe8/6hTXghG3corXjPoVDeCQbfqjtf2OvWDoNetfuJ1nb4CSzJiunicZcYrFkFhFIbh17mbgSiKoiiKoiiKorijKBqCIRiCIRiCGfjPdYmftfd6ykNjBOnvzRWvSTrzG8FXt9kC7z7pZEuCSbdshfcYdfI1wahbvsF7DjrFlmDQrdjhvXqdck/Q61Ye8N6dTnUk6HSrTnifVqc+E7S61Re8lPQfuHFlugwAAAEDAAEAAAAaAAAAAQEDAAEAAAATAAAAAgEDAAEAAAAQAAAAAwEDAAEAAAAIAAAABgEDAAEAAAABAAAAEgEDAAEAAAABAAAAHAEDAAEAAAABAAAAPQEDAAEAAAACAAAAQgEDAAEAAAAQAAAAQwEDAAEAAAAQAAAARAEEAAQAAABeAgAARQEDAAQAAABWAgAAAAAAADsAgAB8AIEACAAAAEMAAADDAAAAPwEAAA==";

    const string Script = """
        import sys, numpy as np
        from PIL import Image, ImageOps
        out, names = sys.argv[1] + '/', []
        r = np.random.RandomState(3)
        base = Image.fromarray(np.kron(r.randint(0, 256, (4, 6, 3)), np.ones((3, 3, 1))).astype(np.uint8))
        rgba = Image.fromarray(r.randint(0, 256, (12, 18, 4)).astype(np.uint8))
        grey, bits, few = base.convert('L'), base.convert('1'), base.quantize(8)
        def save(image, name, **options):
            image.save(out + name, **options)
            names.append(name)
        for tag in range(10):
            exif = Image.Exif()
            exif[0x112] = tag
            save(base, f'tag{tag}.jpg', exif=exif, quality=90)
            save(base, f'tag{tag}.png', exif=exif)
            save(base, f'tag{tag}.webp', exif=exif, lossless=True)
        for name in ['raw', 'tiff_lzw', 'tiff_adobe_deflate', 'packbits']:
            save(base, name + '.tif', compression=name)
        for mode in ['1', 'L', 'P', 'RGB', 'RGBA', 'CMYK']:
            save(few if mode == 'P' else rgba if mode == 'RGBA' else base.convert(mode), mode + '.tiff')
        save(rgba.convert('LA'), 'LA.tiff')
        save(bits, 'fax.tif', compression='group4')
        for name in ['a.ppm', 'a.pgm', 'a.pbm']:
            save({'ppm': base, 'pgm': grey, 'pbm': bits}[name[2:]], name)
        open(out + 'text.ppm', 'w').write('P3 # colour\n2 2 7\n0 1 2  3 4 5\n6 7 0 # end\n1 1 7')
        open(out + 'text.pgm', 'w').write('P2\n#grey\n3 1\n9 0 4 9')
        open(out + 'text.pbm', 'w').write('P1\n3 2\n10 1\n010')
        open(out + 'seven.pgm', 'wb').write(b'P5 4 2 100\n' + bytes([0, 1, 50, 100, 99, 3, 2, 77]))
        open(out + 'wide.ppm', 'wb').write(b'P6 1 2 1000\n' + bytes([0, 1, 1, 244, 3, 232, 0, 9, 2, 2, 3, 3]))
        names += ['text.ppm', 'text.pgm', 'text.pbm', 'seven.pgm', 'wide.ppm']
        for transparency in [0, 2, 7]:
            save(few, f'trans{transparency}.gif', transparency=transparency)
        save(few, 'few.gif')
        save(grey, 'grey.gif')
        save(few, 'trans.png', transparency=3)
        save(few, 'veil.png', transparency=bytes([0, 128, 255, 0, 10]))
        save(base, 'key.png', transparency=base.getpixel((0, 0)))
        save(grey, 'key_grey.png', transparency=grey.getpixel((0, 0)))
        save(bits, 'bits.png')
        save(bits, 'bits.bmp')
        save(base.quantize(4), 'two.png', bits=2)
        save(rgba, 'rgba.webp', lossless=True)
        save(rgba, 'lossy.webp', quality=80)
        save(rgba, 'rgba.bmp')
        save(few, 'few.bmp')
        save(base.convert('CMYK'), 'cmyk.jpg')
        for name in ['many.gif', 'many.webp', 'many.png']:
            save(base, name, save_all=True, append_images=[ImageOps.invert(base)], lossless=True)
        for name in names:
            image = ImageOps.exif_transpose(Image.open(out + name)).convert('RGB')
            print(name, f'{image.height}x{image.width}:{image.tobytes().hex()}')
        """;
}
