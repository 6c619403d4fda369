using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Detection;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties;

/// <summary>Images and their objects in a mirror.</summary>
public class FlipProperties
{
    static readonly Arbitrary<int> Size = Gen.Choose(1, 30).ToArbitrary(),
        Seed = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Property(MaxTest = 200)]
    public Property Flipping_image_boxes_and_masks_twice_is_the_identity() =>
        Prop.ForAll(
            Size,
            Size,
            Seed,
            (height, width, seed) =>
            {
                var key = RngKey.FromSeed(seed);
                var image = new Photograph(
                    height,
                    width,
                    [.. Enumerable.Range(0, height * width * 3).Select(i => (float)key.Uniform((ulong)i))]
                );
                Assert.Equal(image.Values, HorizontalFlip.Of(HorizontalFlip.Of(image)).Values);
                var mask = new BinaryMask(
                    height,
                    width,
                    [.. Enumerable.Range(0, height * width).Select(i => (byte)key.Below(2, (ulong)i))]
                );
                float x = (float)(key.Uniform(1) * width),
                    y = (float)(key.Uniform(2) * height);
                var target = new DetectionTarget([new(x, y, (float)(x + (key.Uniform(3) * (width - x))), height)], [1], [mask]);
                DetectionTarget once = HorizontalFlip.Of(target, width),
                    twice = HorizontalFlip.Of(once, width);
                Assert.Equal(mask.Values, twice.Masks[0]!.Values);
                Assert.Equal(Rle.FromMask(mask).FlipHorizontally(), Rle.FromMask(once.Masks[0]!));
                // A difference from the width is rounded to half a unit in its last place; with whole and quarter pixels it is exact.
                Assert.Equal(target.Boxes[0].X1, twice.Boxes[0].X1, width * 1.2e-7);
                Assert.Equal(target.Boxes[0].X2, twice.Boxes[0].X2, width * 1.2e-7);
                Assert.Equal((y, height), (twice.Boxes[0].Y1, twice.Boxes[0].Y2));
                Assert.True(once.Boxes[0].Width >= 0);
            }
        );
}
