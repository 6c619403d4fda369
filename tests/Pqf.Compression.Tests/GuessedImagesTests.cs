using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Xunit;

namespace Pqf.Compression.Tests;

public class GuessedImagesTests
{
    static readonly Preprocessing Guess = new() { Resize = 32, Crop = 28 };

    public static TheoryData<NetworkOverrides, string?> Cases =>
        new()
        {
            { new(), "resize 32, crop 28 × 28, ImageNet's mean and deviation" },
            {
                new() { Resize = 30 },
                "crop 28 × 28, ImageNet's mean and deviation"
            },
            {
                new() { Crop = 30, Mean = [0.5f] },
                "resize 32, ImageNet's deviation"
            },
            {
                new() { Deviation = [0.5f] },
                "resize 32, crop 28 × 28, ImageNet's mean"
            },
            {
                new()
                {
                    Resize = 28,
                    Crop = 28,
                    Mean = [0.3f],
                    Deviation = [0.3f],
                },
                null
            },
        };

    [Theory, MemberData(nameof(Cases))]
    public void Only_what_the_settings_do_not_name_is_a_guess(NetworkOverrides settings, string? expected) =>
        Assert.Equal(expected, GuessedImages.Of(Guess, settings));
}
