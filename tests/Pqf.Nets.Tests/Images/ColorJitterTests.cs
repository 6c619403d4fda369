using System.Security.Cryptography;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Images;

/// <summary>Expected values: torchvision 0.14.1 on Pillow 9.4.0 (Debian's python3-torchvision).</summary>
/// <remarks>
/// Produced by, with F = torchvision.transforms.functional:
/// <code>
/// pic = Image.fromarray((np.arange(18) * 37 % 256).astype(np.uint8).reshape(2, 3, 3))
/// np.asarray(F.adjust_brightness(pic, 1.37)).reshape(-1), …
/// g = np.arange(0, 256, 5, dtype=np.uint8)
/// cube = np.stack(np.meshgrid(g, g, g, indexing='ij'), -1).reshape(52, 52 * 52, 3)
/// hashlib.sha256(np.asarray(F.adjust_hue(Image.fromarray(cube), 0.1)).tobytes()).hexdigest()[:16], …
/// </code>
/// </remarks>
public class ColorJitterTests
{
    static byte[] Pixels(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 37))];

    [Fact]
    public void Colours_change_as_torchvision_changes_them()
    {
        byte[] pixels = Pixels(18);
        ColourChange.Brightness(pixels, 1.37);
        Assert.Equal([0, 50, 101, 152, 202, 253, 255, 4, 54, 105, 156, 206, 255, 255, 8, 58, 109, 160], pixels);
        pixels = Pixels(18);
        ColourChange.Contrast(pixels, 3, 1.37);
        Assert.Equal([0, 12, 63, 114, 165, 215, 255, 0, 17, 67, 118, 169, 219, 255, 0, 21, 71, 122], pixels);
        pixels = Pixels(18);
        ColourChange.Saturation(pixels, 3, 0.6);
        Assert.Equal([12, 34, 56, 123, 145, 167, 162, 31, 53, 89, 111, 133, 188, 210, 79, 55, 77, 99], pixels);
        pixels = Pixels(18);
        ColourChange.Hue(pixels, 3, -0.31);
        Assert.Equal([28, 74, 0, 139, 185, 111, 3, 14, 222, 105, 151, 78, 225, 6, 155, 71, 117, 43], pixels);
        byte[] grey = Pixels(12);
        ColourChange.Contrast(grey, 1, 1.37);
        Assert.Equal([0, 14, 65, 116, 166, 217, 255, 0, 18, 69, 120, 170], grey);
    }

    [Theory]
    [InlineData("brightness", 0.6, "3ff443dec9854842")]
    [InlineData("brightness", 1.37, "0e2fe4ab6d2d7437")]
    [InlineData("contrast", 0.6, "2b8b6f1a04b2466f")]
    [InlineData("contrast", 1.37, "353e03db4177ce22")]
    [InlineData("saturation", 0.6, "442e1b7f6d462a45")]
    [InlineData("saturation", 1.37, "555c99ddb2536e5a")]
    [InlineData("hue", -0.31, "fc35d4b9c5447a57")]
    [InlineData("hue", 0.1, "21056dc7cc0f9667")]
    [InlineData("hue", 0.5, "ba93ca10e9399fec")]
    public void Of_140608_colours_each_changes_as_torchvision_changes_it(string change, double factor, string hash)
    {
        const int Side = 52;
        byte[] cube =
        [
            .. from red in Enumerable.Range(0, Side)
            from green in Enumerable.Range(0, Side)
            from blue in Enumerable.Range(0, Side)
            from value in (int[])[red, green, blue]
            select (byte)(5 * value),
        ];
        switch (change)
        {
            case "brightness":
                ColourChange.Brightness(cube, factor);
                break;
            case "contrast":
                ColourChange.Contrast(cube, 3, factor);
                break;
            case "saturation":
                ColourChange.Saturation(cube, 3, factor);
                break;
            default:
                ColourChange.Hue(cube, 3, factor);
                break;
        }

        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(cube))[..16]);
    }

    [Fact]
    public void Grey_images_keep_hue_and_saturation()
    {
        byte[] grey = Pixels(12);
        ColourChange.Hue(grey, 1, 0.3);
        ColourChange.Saturation(grey, 1, 0.3);
        Assert.Equal(Pixels(12), grey);
    }

    [Fact]
    public void Factors_fill_their_range_in_every_order_and_one_key_gives_one_change()
    {
        var jitter = new ColorJitter { Brightness = 0.5 };
        // Of one value of 100: 50 to 150.
        int[] seen = [.. Enumerable.Range(0, 2000).Select(i => (int)Jittered(jitter, [100, 100, 100], i)[0])];
        Assert.InRange(seen.Min(), 50, 51);
        Assert.InRange(seen.Max(), 148, 150);
        Assert.InRange(seen.Average(), 98, 101); // 99.5 ± 3 · 28.9 / √2000, the fraction is dropped
        var both = new ColorJitter { Brightness = 0.5, Contrast = 0.5 };
        Assert.Equal(Jittered(both, Pixels(18), 3), Jittered(both, Pixels(18), 3));
        Assert.NotEqual(Jittered(both, Pixels(18), 3), Jittered(both, Pixels(18), 4));
        // Brightness above 1 and saturation of grey do not commute with contrast: both orders come up.
        Assert.Equal(
            24,
            Enumerable.Range(0, 2000).Select(i => string.Join(' ', RngKey.FromSeed(i).Fold("order").Permutation(4))).Distinct().Count()
        );
    }

    [Fact]
    public void Jitter_of_a_width_above_one_never_has_a_factor_below_zero() =>
        Assert.All(
            Enumerable.Range(0, 200),
            i => Assert.InRange(Jittered(new ColorJitter { Contrast = 5 }, [10, 10, 10, 200, 200, 200], i)[0], 0, 105)
        );

    static byte[] Jittered(ColorJitter jitter, byte[] pixels, int seed)
    {
        byte[] copy = [.. pixels];
        jitter.Apply(copy, 3, RngKey.FromSeed(seed));
        return copy;
    }
}
