using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class PixelImageTests
{
    [Fact]
    public void Grey_gives_Pillow_s_bytes() =>
        // Produced by: Pillow 9.4.0, Image.fromarray(noise).convert('L')
        Assert.Equal(
            "B2CD57E1825A82779D7E80CF6CC48C47898D492DAC646F9395AB658E823E54379BA1C8",
            Convert.ToHexString(ResamplerTests.Noise.ToGrey().Pixels)
        );

    [Fact]
    public void Grey_in_three_channels_is_the_same_grey()
    {
        var grey = new PixelImage(16, 16, 1, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        Assert.Equal(grey.Pixels, grey.ToColour().ToGrey().Pixels);
        Assert.Equal([0, 0, 0, 1, 1, 1], grey.ToColour().Pixels[..6]);
    }

    [Fact]
    public void A_crop_inside_is_a_part() =>
        Assert.Equal([4, 5, 7, 8], new PixelImage(3, 3, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8]).Crop(1, 1, 2, 2).Pixels);

    [Fact]
    public void A_crop_reaching_outside_is_black_there()
    {
        var image = new PixelImage(1, 2, 3, [1, 2, 3, 4, 5, 6]);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3], image.Crop(-1, -1, 2, 2).Pixels);
        Assert.Equal(new byte[3], image.Crop(0, 5, 1, 1).Pixels);
    }

    [Fact]
    public void Bytes_that_are_no_image_break_the_contract() =>
        Assert.Equal(
            "PixelImage: expected [height, width, 1 or 3] bytes, got 5 for [1, 2, 3]",
            Assert.Throws<ShapeException>(() => new PixelImage(1, 2, 3, new byte[5])).Message
        );
}
