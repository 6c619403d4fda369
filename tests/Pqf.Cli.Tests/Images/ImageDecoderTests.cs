using System.Security.Cryptography;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Images;

public sealed class ImageDecoderTests : IDisposable
{
    // Produced by: Pillow 9.4.0 from a 9×6 image: save(…, 'JPEG', quality=80), save(…, 'PNG'); the bytes by
    // Image.open(…).convert('RGB').tobytes().hex().
    internal const string ColourJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAGAAkDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBdc0XTvhxGJ47f7Vv5xnbWJ/ws20/6A3/kSiivX4MwVHNMrhicYuabb1u1+TSLnHmd3f5Nr8j/2Q==";
    const string ColourJpegPixels =
        "2f163d2d16323424274c3d38695b5b8071789281919c8c979f8e874f324e4a3242503d39615346776c668a818297919b9f9da29fa19376535a73555376624a827459908b789b9e93a1b0ada4beb59cc1a2a28b59a18c579f91549c956199977e9498998f9bb38a9fbc80a1b2cfd142ccce47bfc34aa9ab578f8a74716a8c5b51aa4d42ba4e43c3e0ef32deed3cd1db46b0b65287826c5e52844028a42e11b73112c8";
    const string GreyJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/wAALCAAGAAkBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AF1zRdO+HEYnjt/tW/nGdtYn/CzbT/oDf+RK/9k=";
    const string GreyJpegPixels =
        "2222222020202929294141415f5f5f7676768888889292929292923e3e3e3b3b3b4242425656566f6f6f8484849494949e9e9e9f9f9f5e5e5e5e5e5e6565657575758a8a8a9c9c9cabababb5b5b5b2b2b28c8c8c8c8c8c8e8e8e9191919595959797979a9a9a9c9c9c999999c0c0c0bebebeb4b4b4a1a1a18989897070705e5e5e535353555555d5d5d5d4d4d4c7c7c7a9a9a98181815b5b5b3d3d3d2d2d2d303030";
    const string CmykJpeg =
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAGBAUGBQQGBgUGBwcGCAoQCgoJCQoUDg8MEBcUGBgXFBYWGh0lHxobIxwWFiAsICMmJykqKRkfLTAtKDAlKCko/8AAFAgABgAJBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwC34o0XT/AESzaRBhm5PNP8YeH9L+EEK3Ult/anmc7d2zHasD4NH/hJr2SNf9HwTz17V9U1zH/Cwrz/AJ5frXIf8Lr0X/oVP/Jg17F/whLf8/v/AI7RX//Z";
    const string CmykJpegPixels =
        "1e204e1d254c29224d463e6168576e8765799f818fae868fad868f47335047354e4e314f614e63766a6e887d78979a8ca29f8aa09b8c874c54874f518851508a6e638a906e89aa768bc6898ecd858cd189ba8544b98741b48943a8935c949d6f80a48075ac9a71ae9b6faf9ccfd521cfd321c6ca2aaeae4f8d89726f6695594bbd4f40c54f40c4d5fd0fd6f910cbef1cafbd47897e746647a14c16d03f05dd4009da";
    internal const string ColourPng =
        "iVBORw0KGgoAAAANSUhEUgAAAAkAAAAGCAIAAACepSOSAAAAl0lEQVR4nAXByQqCQACA4X/GcY20Ms2DMR2Ebh17hg5Bb+4rGBHdwgXCBZe+T+jTHXAspWP/dAh0HOjYdywFqGwjAdMS0U6s98h46ZJlsmdA3bQBYBukQhxZ0rlMJxwAdbnWwGiYlWtXnix7r/psR2kCKnwUwNC6v6fdF0mZR+8i6zsXUN65BGQzyO8wdbJ9eXUeds0K+APkVy7jmFmThAAAAABJRU5ErkJggg==";
    const string ColourPngPixels =
        "1f204c1f204c272650463c5e66536d85697ca47f8aac858eac858e43304e43304e4836515d4e5f73676d877f7b9c9789a19e8ca19e8c8b4f518b4f518b56548b72608c8f6d8bab798bc7868bcf898bcf89b98542b98542b58847a5915b959b6f84a48374ad9770af9c70af9cccd421ccd421c6cb2aaaab4e8e8a737369985748bc5040c55040c5d6fb10d6fb10ceed1bacb8488b82756a4ba24816cf4008da4008da";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ColourJpeg, ColourJpegPixels)]
    [InlineData(GreyJpeg, GreyJpegPixels)]
    [InlineData(CmykJpeg, CmykJpegPixels)]
    [InlineData(ColourPng, ColourPngPixels)]
    public void An_image_decodes_to_Pillow_s_bytes(string file, string pixels)
    {
        var image = ImageDecoder.Decode(Convert.FromBase64String(file), "image").Value();
        Assert.Equal((6, 9, 3), (image.Height, image.Width, image.Channels));
        Assert.Equal(pixels, Convert.ToHexStringLower(image.Pixels));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Photographs_are_decoded_resized_and_cropped_as_in_the_reference(int number)
    {
        using var expected = ReferenceCase.Open($"preprocess_{number}");
        var image = ImageDecoder.Decode(SharedData.Path(expected.Parameters.GetProperty("file").GetString()!)).Value();
        Assert.Equal(
            expected.Parameters.GetProperty("decoded_sha256").GetString(),
            Convert.ToHexStringLower(SHA256.HashData(image.Pixels))
        );
        Assert.Equal(Bytes("decoded_top"), image.Pixels[..(32 * image.Width * 3)]);
        var resized = Preprocess.ResizeShorterSide(image, 256);
        Assert.Equal(Bytes("resized"), resized.Pixels);
        Assert.Equal(Bytes("cropped"), Preprocess.CentreCrop(resized, 224).Pixels);
        Assert.Equal(Bytes("resized_97x61"), Resampler.Resize(image, 61, 97).Pixels);
        Assert.Equal(Bytes("corner_60x50_to_131x149"), Resampler.Resize(image.Crop(0, 0, 50, 60), 149, 131).Pixels);

        byte[] Bytes(string name) => TensorSamples.BytesOf(expected.File.ByName[name]);
    }

    [Fact]
    public void The_first_photograph_becomes_the_input_of_the_reference()
    {
        using var expected = ReferenceCase.Open("published_resnet18");
        var numbers = expected.File.ByName["input_first"].ToSingles(); // [3, 224, 224]
        string first = File.ReadLines(SharedData.Path("data/imagenet-ccby/labels.csv")).ElementAt(1).Split(',')[0];
        float[] input = Preprocess.ToInput(
            ImageDecoder.Decode(SharedData.Path($"data/imagenet-ccby/{first}")).Value(),
            new Preprocessing()
        );
        float[] channelsFirst = [.. Enumerable.Range(0, numbers.Length).Select(i => input[(i % 50_176 * 3) + (i / 50_176)])];
        Assert.Equal(numbers, channelsFirst);
    }

    [Fact]
    public void Transparency_is_dropped_as_Pillow_does()
    {
        string output = Python.Run(
            "PIL, numpy",
            """
            import sys, numpy as np
            from PIL import Image
            r = np.random.RandomState(1)
            image = Image.fromarray(r.randint(0, 256, (16, 24, 4)).astype(np.uint8))
            image.save(sys.argv[1] + '/rgba.png')
            image.convert('L').save(sys.argv[1] + '/grey.png')
            image.convert('LA').save(sys.argv[1] + '/la.png')
            image.convert('RGB').quantize(16).save(sys.argv[1] + '/palette.png')
            image.convert('RGB').save(sys.argv[1] + '/progressive.jpg', progressive=True, subsampling=2)
            for name in ['rgba.png', 'grey.png', 'la.png', 'palette.png', 'progressive.jpg']:
                print(name, Image.open(sys.argv[1] + '/' + name).convert('RGB').tobytes().hex())
            """,
            folder.Path
        );
        foreach (string[] line in output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')))
            Assert.Equal(
                $"{line[0]} {line[1]}",
                $"{line[0]} {Convert.ToHexStringLower(ImageDecoder.Decode(folder.File(line[0])).Value().Pixels)}"
            );
    }

    [Theory]
    [InlineData(ColourJpeg)]
    [InlineData(GreyJpeg)]
    [InlineData(CmykJpeg)]
    [InlineData(ColourPng)]
    public void An_image_truncated_anywhere_in_its_data_is_an_error(string file)
    {
        byte[] bytes = Convert.FromBase64String(file);
        int end = bytes.Length - (bytes[0] == 0xFF ? 4 : 24); // all rows are there once only end marks and checksums are missing
        for (int length = 0; length < end; length++)
            Assert.StartsWith("image: is", ImageDecoder.Decode(bytes[..length], "image").ErrorMessage());
    }

    [Fact]
    public void A_photograph_cut_in_half_is_an_error()
    {
        string path = SharedData.Path("data/coco-ccby/val2017/000000000285.jpg");
        byte[] bytes = File.ReadAllBytes(path);
        Assert.StartsWith(
            $"{path}: is a damaged image: it is truncated or corrupt at row ",
            ImageDecoder.Decode(bytes[..(bytes.Length / 2)], path).ErrorMessage()
        );
        Assert.StartsWith(
            $"{path}: is a damaged image: it is truncated or corrupt at row ",
            ImageDecoder.Decode(bytes[..^1000], path).ErrorMessage()
        );
    }

    [Fact]
    public void A_PNG_with_a_changed_byte_in_its_data_is_an_error()
    {
        byte[] bytes = Convert.FromBase64String(ColourPng);
        bytes[100] ^= 0x55;
        Assert.Equal("image: is a damaged image: its data are corrupt", ImageDecoder.Decode(bytes, "image").ErrorMessage());
    }

    [Fact]
    public void An_image_decoded_whole_may_not_claim_more_than_its_file_could_hold()
    {
        byte[] gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
        Assert.Equal(3, ImageDecoder.Decode(gif, "a.gif").Value().Pixels.Length);
        gif.AsSpan(6, 4).Fill(0x20);
        Assert.Equal(
            "a.gif: claims 8224×8224 pixels in 42 bytes; images of its kind are decoded to 64 pixels a byte",
            ImageDecoder.Decode(gif, "a.gif").ErrorMessage()
        );
    }

    [Fact]
    public void An_empty_file_is_an_error()
    {
        string path = folder.Write("a.jpg", []);
        Assert.Equal($"{path}: is empty; expected an image", ImageDecoder.Decode(path).ErrorMessage());
    }

    [Fact]
    public void A_text_file_is_an_error() =>
        Assert.Equal(
            "a.jpg: is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP, TIFF, PPM), or is damaged",
            ImageDecoder.Decode([.. "hello"u8], "a.jpg").ErrorMessage()
        );

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Equal($"{folder.File("none.jpg")}: not found", ImageDecoder.Decode(folder.File("none.jpg")).ErrorMessage());

    [Fact]
    public void A_header_that_claims_billions_of_pixels_is_an_error()
    {
        byte[] bytes = Convert.FromBase64String(ColourJpeg);
        int frame = bytes.AsSpan().IndexOf(new byte[] { 0xFF, 0xC0 });
        bytes.AsSpan(frame + 5, 4).Fill(0xFD);
        Assert.Equal(
            "a.jpg: claims 65021×65021 pixels; at most 178956970 are decoded, 65535 a side",
            ImageDecoder.Decode(bytes, "a.jpg").ErrorMessage()
        );
    }
}
