using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class RandomScaleTests
{
    static readonly PixelImage Image = new(9, 12, 3, [.. Enumerable.Range(0, 9 * 12 * 3).Select(i => (byte)(i * 37))]);

    static readonly Preprocessing Small = new()
    {
        Resize = 6,
        Crop = 4,
        Mean = [0.5f, 0.25f, 0.125f],
        Deviation = [1, 2, 4],
    };

    // torchvision 0.14.1: np.asarray(F.resized_crop(pic, 2, 3, 5, 7, (4, 4))).reshape(-1) of the same image.
    static readonly byte[] Part =
    [
        130,
        134,
        168,
        97,
        134,
        138,
        104,
        103,
        140,
        129,
        83,
        120,
        135,
        89,
        119,
        158,
        139,
        99,
        127,
        164,
        145,
        107,
        144,
        120,
        110,
        142,
        115,
        141,
        122,
        130,
        110,
        147,
        128,
        160,
        119,
        95,
        166,
        121,
        130,
        146,
        145,
        115,
        115,
        152,
        135,
        116,
        119,
        156,
    ];

    [Fact]
    public void A_part_is_resized_as_torchvision_resizes_it()
    {
        var part = new ImagePart(2, 3, 5, 7);
        int y = 0;
        var rows = part.Of(row => Image.CopyRow(y++, row), Image.Width);
        float[] input = new float[48];
        var variation = new Variation(new Augmentation { RandomCrop = false, RandomFlip = false }, new RngKey(1));
        Assert.Equal(5, InputRows.Stretched(part, Small, variation).Read(rows.Next, input));
        Assert.Equal(7, rows.Count);
        Assert.Equal(Part.Select((value, i) => ((value / 255f) - Small.Mean[i % 3]) / Small.Deviation[i % 3]), input);
    }

    [Fact]
    public void Parts_have_areas_and_proportions_from_one_limit_to_the_other()
    {
        var scale = new RandomScale(0.25, 0.5, 0.5, 2);
        var parts = Enumerable.Range(0, 3000).Select(i => scale.Draw(1000, 800, RngKey.FromSeed(i))).ToArray();
        Assert.All(
            parts,
            part =>
            {
                // Sides are rounded to whole pixels.
                Assert.InRange((double)part.Height * part.Width / 800_000, 0.248, 0.502);
                Assert.InRange((double)part.Width / part.Height, 0.495, 2.02);
                Assert.InRange(part.Top, 0, 1000 - part.Height);
                Assert.InRange(part.Left, 0, 800 - part.Width);
            }
        );
        Assert.InRange(parts.Min(part => part.Height * part.Width), 0, 205_000);
        Assert.InRange(parts.Max(part => part.Height * part.Width), 395_000, 402_000);
        Assert.InRange(parts.Min(part => (double)part.Width / part.Height), 0.49, 0.52);
        Assert.Contains(parts, part => part.Top == 0 || part.Top < 20);
        Assert.Contains(parts, part => part.Top + part.Height > 980);
        // Proportions and their inverses come up alike: half of them are above 1, before those that do not fit are drawn again.
        Assert.Equal(1500, parts.Count(part => part.Width > part.Height), 300.0);
    }

    [Theory]
    [InlineData(100, 10, 0.5, 2, 40, 0, 20, 10)] // too narrow: width over 0.5
    [InlineData(10, 100, 0.5, 2, 0, 40, 10, 20)] // too wide: height times 2
    public void Where_no_part_fits_it_is_the_centre(
        int height,
        int width,
        double leastRatio,
        double mostRatio,
        int top,
        int left,
        int rows,
        int columns
    ) => Assert.Equal(new ImagePart(top, left, rows, columns), new RandomScale(1, 1, leastRatio, mostRatio).Draw(height, width, new(5)));

    [Fact]
    public void The_whole_image_is_that_of_an_image_of_the_inputs_size_and_colours_vary_after_it()
    {
        var square = new PixelImage(4, 4, 3, [.. Enumerable.Range(0, 48).Select(i => (byte)(i * 5))]);
        var whole = new Augmentation { RandomFlip = false, RandomScale = new RandomScale(1, 1, 1, 1) };
        Assert.Equal(Preprocess.ToInput(square, Small with { Resize = 4 }), Input(square, whole));
        var jitter = new ColorJitter { Brightness = 0.5, Hue = 0.2 };
        byte[] pixels = [.. square.Pixels];
        jitter.Apply(pixels, 3, new RngKey(9).Fold("color_jitter"));
        Assert.NotEqual(square.Pixels, pixels);
        Assert.Equal(
            Preprocess.ToInput(new PixelImage(4, 4, 3, pixels), Small with { Resize = 4 }),
            Input(square, whole with { ColorJitter = jitter })
        );
        // Black borders of padding take part, mirrors do not matter.
        var mirrored = Input(square, whole with { RandomFlip = true });
        Assert.Contains(mirrored, value => value != 0);
    }

    [Fact]
    public void Rows_that_are_missing_are_noticed()
    {
        int y = 0;
        var variation = new Variation(new Augmentation { RandomScale = new RandomScale(0.1, 0.2) }, new RngKey(2));
        Assert.Equal(8, Preprocess.ToInput(9, 12, row => y < 8 && Image.CopyRow(y++, row), Small, new float[48], variation));
    }

    static float[] Input(PixelImage image, Augmentation augmentation)
    {
        float[] input = new float[48];
        Preprocess.ToInput(image, Small, input, new Variation(augmentation, new RngKey(9)));
        return input;
    }
}
