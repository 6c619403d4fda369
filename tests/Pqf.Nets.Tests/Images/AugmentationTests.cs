using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class AugmentationTests
{
    static readonly Preprocessing Small = new()
    {
        Resize = 6,
        Crop = 4,
        Mean = [0.5f, 0.25f, 0.125f],
        Deviation = [1, 2, 4],
    };

    static readonly PixelImage Image = new(9, 12, 3, [.. Enumerable.Range(0, 9 * 12 * 3).Select(i => (byte)(i * 37))]);

    [Theory]
    [InlineData(0, 3 * 5)] // 9×12 becomes 6×8: the square starts at 3 rows and 5 columns
    [InlineData(1, 5 * 7)]
    public void Every_place_and_its_mirror_image_come_up_and_nothing_else(int padding, int placeCount)
    {
        var augmentation = new Augmentation { Padding = padding };
        var expected = (
            from top in Enumerable.Range(-padding, 3 + (2 * padding))
            from left in Enumerable.Range(-padding, 5 + (2 * padding))
            from mirrored in (bool[])[false, true]
            select Expected(top, left, mirrored)
        ).ToArray();
        Assert.Equal(2 * placeCount, expected.Distinct().Count());
        string[] seen = [.. Enumerable.Range(0, 2000).Select(i => Text(Input(new Variation(augmentation, new RngKey((ulong)i)))))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), seen.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Equal_keys_give_equal_inputs()
    {
        var variation = new Variation(new Augmentation { Padding = 2 }, new RngKey(7));
        Assert.Equal(Input(variation), Input(variation));
    }

    [Fact]
    public void Without_crops_and_flips_the_centre_is_shown() =>
        Assert.Equal(
            Input(null),
            Input(
                new Variation(
                    new Augmentation
                    {
                        RandomCrop = false,
                        RandomFlip = false,
                        Padding = 2,
                    },
                    new RngKey(7)
                )
            )
        );

    [Fact]
    public void Half_of_the_images_are_mirrored()
    {
        var augmentation = new Augmentation { RandomCrop = false };
        string straight = Text(Input(null));
        // 2,000 tosses: five standard deviations are 112.
        Assert.InRange(
            Enumerable.Range(0, 2000).Count(i => Text(Input(new Variation(augmentation, new RngKey((ulong)i)))) == straight),
            888,
            1112
        );
    }

    static float[] Input(Variation? variation)
    {
        float[] input = new float[Preprocess.InputCount(Small)];
        Preprocess.ToInput(Image, Small, input, variation);
        return input;
    }

    /// <summary>The same by whole images: resized, cut, mirrored, normalised.</summary>
    static string Expected(int top, int left, bool mirrored)
    {
        var cut = Preprocess.ResizeShorterSide(Image, 6).Crop(top, left, 4, 4);
        return Text([
            .. Enumerable
                .Range(0, 4 * 4 * 3)
                .Select(i =>
                {
                    int y = i / 12,
                        x = i / 3 % 4,
                        channel = i % 3;
                    return ((cut.Pixels[(((y * 4) + (mirrored ? 3 - x : x)) * 3) + channel] / 255f) - Small.Mean[channel])
                        / Small.Deviation[channel];
                }),
        ]);
    }

    static string Text(float[] values) => string.Join(' ', values);
}
