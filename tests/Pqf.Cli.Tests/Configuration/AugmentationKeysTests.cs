using Pqf.Cli.Configuration;
using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

public class AugmentationKeysTests
{
    [Fact]
    public void A_random_scale_has_torchvisions_proportions_unless_others_are_given()
    {
        Assert.Null(Augmentation().RandomScale);
        Assert.Equal(new RandomScale(0.08, 1, 0.75, 4.0 / 3), Augmentation(("random_scale", "[0.08, 1]")).RandomScale);
        Assert.Equal(
            new RandomScale(0.5, 0.9, 0.5, 2),
            Augmentation(("random_scale", "0.5,0.9"), ("random_ratio", "[0.5, 2]"), ("random_crop", "true"), ("padding", "0")).RandomScale
        );
    }

    [Theory]
    [InlineData("random_scale", "[0, 1]", "expected a share of the area above 0, got 0")]
    [InlineData("random_scale", "[0.5, 1.5]", "expected two numbers from 0 to 1, the lower one first, got ")]
    [InlineData("random_scale", "[1, 0.5]", "expected two numbers from 0 to 1, the lower one first, got ")]
    [InlineData("random_scale", "0.5", "expected two numbers from 0 to 1, the lower one first, got '0.5'")]
    [InlineData("random_ratio", "[0.5, 2]", "expected random_scale beside it, got none")]
    [InlineData("color_jitter.hue", "0.6", "expected a number from 0 to 0.5, got '0.6'")]
    [InlineData("color_jitter.brightness", "-1", "expected a number from 0 to 100, got '-1'")]
    public void Values_out_of_range_are_named(string key, string value, string problem) =>
        Assert.Contains($"preprocessing.{key}: {problem}", Load((key, value)).ErrorMessage(), StringComparison.Ordinal);

    [Theory]
    [InlineData("padding", "4", "expected 0 beside random_scale, which takes its place, got 4")]
    [InlineData("random_crop", "no", "expected true beside random_scale, which takes its place, got false")]
    public void Keys_that_random_scale_takes_the_place_of_are_refused(string key, string value, string problem) =>
        Assert.Contains(
            $"preprocessing.{key}: {problem}",
            Load((key, value), ("random_scale", "[0.5, 1]")).ErrorMessage(),
            StringComparison.Ordinal
        );

    static Augmentation Augmentation(params (string Key, string Value)[] keys) => Load(keys).Value().Preprocessing.Augmentation;

    static Tensors.Result<Config, Tensors.PqfError> Load(params (string Key, string Value)[] keys) =>
        ConfigLoader.Load(null, [.. keys.Select(key => new ConfigOverride(Arguments.PathOf($"preprocessing.{key.Key}"), key.Value))]);
}
