using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties;

/// <summary>Masks as runs against the same masks as bitmaps.</summary>
public class MaskProperties
{
    static readonly Arbitrary<int> Size = Gen.Choose(1, 25).ToArbitrary(),
        Seed = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Property(MaxTest = 300)]
    public Property Encoding_is_undone_by_decoding_also_as_text() =>
        Prop.ForAll(
            Size,
            Size,
            Seed,
            (height, width, seed) =>
            {
                byte[] bitmap = Bitmap(height, width, seed);
                var mask = Rle.FromBitmap(bitmap, height, width);
                Assert.Equal(bitmap, mask.ToBitmap());
                Assert.Equal(mask, RleText.Decode(RleText.Encode(mask), height, width));
                Assert.Equal(mask, new Rle(height, width, mask.Counts));
                Assert.Equal(bitmap.Sum(value => value), mask.Area);
            }
        );

    [Property(MaxTest = 200)]
    public Property A_mirror_is_its_own_inverse_and_reverses_rows() =>
        Prop.ForAll(
            Size,
            Size,
            Seed,
            (height, width, seed) =>
            {
                byte[] bitmap = Bitmap(height, width, seed);
                var mask = Rle.FromBitmap(bitmap, height, width);
                Assert.Equal(bitmap.Chunk(width).SelectMany(row => row.Reverse()), mask.FlipHorizontally().ToBitmap());
                Assert.Equal(mask, mask.FlipHorizontally().FlipHorizontally());
            }
        );

    [Property(MaxTest = 200)]
    public Property Set_operations_are_those_of_the_pixels() =>
        Prop.ForAll(
            Size,
            Size,
            Seed,
            (height, width, seed) =>
            {
                byte[] a = Bitmap(height, width, seed),
                    b = Bitmap(height, width, seed + 1);
                Rle first = Rle.FromBitmap(a, height, width),
                    second = Rle.FromBitmap(b, height, width);
                byte[] either = [.. a.Zip(b, (p, q) => (byte)(p | q))],
                    both = [.. a.Zip(b, (p, q) => (byte)(p & q))];
                Assert.Equal(either, Rle.Union([first, second]).ToBitmap());
                Assert.Equal(both, Rle.Intersection([first, second]).ToBitmap());
                Assert.Equal(both.Sum(value => value), first.IntersectionArea(second));
                Assert.Equal(first.IoU(second), second.IoU(first));
            }
        );

    [Property(MaxTest = 200)]
    public Property The_bounding_box_touches_ones_on_all_sides_and_its_window_is_the_mask() =>
        Prop.ForAll(
            Size,
            Size,
            Seed,
            (height, width, seed) =>
            {
                byte[] bitmap = Bitmap(height, width, seed);
                var mask = Rle.FromBitmap(bitmap, height, width);
                var box = mask.BoundingBox;
                var ones = Enumerable
                    .Range(0, bitmap.Length)
                    .Where(i => bitmap[i] != 0)
                    .Select(i => (X: i % width, Y: i / width))
                    .ToArray();
                if (ones.Length > 0)
                    Assert.Equal(
                        box,
                        new(
                            ones.Min(p => p.X),
                            ones.Min(p => p.Y),
                            ones.Max(p => p.X) - ones.Min(p => p.X) + 1,
                            ones.Max(p => p.Y) - ones.Min(p => p.Y) + 1
                        )
                    );
                byte[] window =
                [
                    .. Enumerable
                        .Range(box.Top, box.Height)
                        .SelectMany(y => bitmap[((y * width) + box.Left)..((y * width) + box.Left + box.Width)]),
                ];
                Assert.Equal(mask, Rle.FromWindow(window, box, height, width));
            }
        );

    /// <summary>Bitmaps of few and of many ones, with runs that go over several columns.</summary>
    static byte[] Bitmap(int height, int width, int seed)
    {
        var key = RngKey.FromSeed(seed);
        int share = key.Below(5, 0);
        return [.. Enumerable.Range(0, height * width).Select(i => (byte)(key.Below(4, (ulong)i + 1) < share ? 1 : 0))];
    }
}
