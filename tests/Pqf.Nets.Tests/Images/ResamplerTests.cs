using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class ResamplerTests
{
    /// <summary>Bytes of a 5×7 image, drawn by: np.random.RandomState(5).randint(0, 256, (5, 7, 3)).astype(np.uint8)</summary>
    internal static PixelImage Noise =>
        new(
            5,
            7,
            3,
            Convert.FromHexString(
                "63ceefbde676904908e4e7be9b709ed007cc8f71b5e7501b2ccdcb41af1ed4567d92fe79896a29e9be81d26790ce053a00d0846ea469b31b1f02442669d3931271f587646c6d9ebe0beb437cc1b7835b4e9b9d21d95587105e0eda1f09262f9085a2adbb988d76ebe8"
            )
        );

    [Fact]
    public void Shrinking_gives_Pillow_s_bytes() =>
        // Produced by: Pillow 9.4.0, Image.fromarray(noise).resize((3, 2), Image.BILINEAR)
        Assert.Equal("87937692966E9679757862765F8B6F829371", Convert.ToHexString(Resampler.Resize(Noise, 2, 3).Pixels));

    [Fact]
    public void Enlarging_gives_Pillow_s_bytes() =>
        // Produced by: Pillow 9.4.0, Image.fromarray(noise).resize((9, 11), Image.BILINEAR), its first 40 bytes
        Assert.Equal(
            "63CEEF9FDE9EA9A045A36C30E4E7BEAB8AA5B836B8BA2AC48F71B57BB7C895D39B94A64F977531E1",
            Convert.ToHexString(Resampler.Resize(Noise, 11, 9).Pixels.AsSpan(0, 40))
        );

    [Fact]
    public void Grey_gives_Pillow_s_bytes()
    {
        // Produced by: Pillow 9.4.0, Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).resize((3, 5), Image.BILINEAR)
        byte[] ramp = [.. Enumerable.Range(0, 12).Select(i => (byte)(i * 20))];
        Assert.Equal(
            [6, 30, 54, 38, 62, 86, 86, 110, 134, 134, 158, 182, 166, 190, 214],
            Resampler.Resize(new(3, 4, 1, ramp), 5, 3).Pixels
        );
    }

    [Fact]
    public void The_same_size_is_the_same_image() => Assert.Equal(Noise.Pixels, Resampler.Resize(Noise, 5, 7).Pixels);

    [Fact]
    public void One_pixel_fills_an_image_and_an_image_shrinks_to_one_pixel()
    {
        Assert.All(Resampler.Resize(new(1, 1, 1, [77]), 9, 5).Pixels, pixel => Assert.Equal(77, pixel));
        Assert.Equal([77], Resampler.Resize(new(40, 50, 1, [.. Enumerable.Repeat((byte)77, 2000)]), 1, 1).Pixels);
    }

    [Fact]
    public void White_stays_white_at_every_size()
    {
        var white = new PixelImage(37, 41, 3, [.. Enumerable.Repeat(byte.MaxValue, 37 * 41 * 3)]);
        for (int size = 1; size < 120; size += 7)
            Assert.DoesNotContain(Resampler.Resize(white, size, size + 3).Pixels, pixel => pixel != byte.MaxValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Any_size_gives_Pillow_s_bytes(int channels)
    {
        var key = RngKey.FromSeed(11);
        using var folder = new TemporaryFolder();
        var source = new PixelImage(23, 31, channels, [.. Enumerable.Range(0, 23 * 31 * channels).Select(i => (byte)key.Bits((ulong)i))]);
        string sizes = string.Join(
            ' ',
            Enumerable.Range(0, 40).Select(i => $"{1 + key.Below(70, (ulong)(1000 + i))}x{1 + key.Below(70, (ulong)(2000 + i))}")
        );
        string output = Python.Run(
            "PIL, numpy",
            """
            import sys, numpy as np
            from PIL import Image
            a = np.fromfile(sys.argv[1], np.uint8).reshape(23, 31, -1)
            image = Image.fromarray(a if a.shape[2] == 3 else a[:, :, 0])
            for size in sys.argv[2].split():
                height, width = map(int, size.split('x'))
                print(image.resize((width, height), Image.BILINEAR).tobytes().hex())
            """,
            folder.Write("a", source.Pixels),
            sizes
        );
        var ours = sizes
            .Split(' ')
            .Select(size => size.Split('x'))
            .Select(size => Convert.ToHexStringLower(Resampler.Resize(source, int.Parse(size[0]), int.Parse(size[1])).Pixels));
        Assert.Equal(output.TrimEnd('\n').Split('\n'), ours);
    }
}
