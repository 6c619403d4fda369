using Pqf.Nets.Detection;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class ImageBatchTests(DeviceSet devices) : DeviceTest(devices)
{
    // Produced by torchvision 0.14: GeneralizedRCNNTransform(800, 1333, …).resize(zeros(3, height, width))[0].shape; a factor in single
    // precision, hence 799.
    [Theory]
    [InlineData(480, 640, 800, 1066)]
    [InlineData(427, 640, 799, 1199)]
    [InlineData(640, 427, 1199, 799)]
    [InlineData(1, 1, 800, 800)]
    [InlineData(100, 1000, 133, 1333)]
    [InlineData(2000, 3000, 800, 1200)]
    [InlineData(375, 500, 799, 1066)]
    [InlineData(333, 500, 799, 1201)]
    [InlineData(501, 500, 801, 800)]
    [InlineData(60, 60_000, 1, 1332)]
    public void Sizes_are_torchvisions(int height, int width, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new(expectedHeight, expectedWidth), ImageBatch.ResizedSize(new(height, width), new MaskRcnnOptions()));

    [Fact]
    public void A_sliver_keeps_a_pixel() => Assert.Equal(new(1, 1332), ImageBatch.ResizedSize(new(1, 60_000), new MaskRcnnOptions()));

    [Fact]
    public void Images_begin_at_the_upper_left_of_what_holds_all_and_zeros_follow()
    {
        var options = new MaskRcnnOptions
        {
            MinSize = 30,
            MaxSize = 60,
            ImageMean = [0.5f, 0.5f, 0.5f],
            ImageStd = [0.5f, 0.25f, 1],
        };
        var batch = ImageBatch.Of(Use(DeviceKind.Host), [White(30, 60), White(40, 30)], options);
        Assert.Equal([2, 64, 64, 3], batch.Images.Shape);
        Assert.Equal([new(30, 60), new(40, 30)], batch.Sizes);
        float[] values = batch.Images.ToArray();
        for (int i = 0; i < 2 * 64 * 64; i++)
        {
            var (size, y, x) = (batch.Sizes[i / 4096], i / 64 % 64, i % 64);
            Assert.Equal(y < size.Height && x < size.Width ? [1, 2, 0.5f] : [0, 0, 0], values[(3 * i)..((3 * i) + 3)]);
        }
    }

    static Photograph White(int height, int width) => new(height, width, [.. Enumerable.Repeat(1f, 3 * height * width)]);
}
