using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class MaskPastingTests
{
    // Produced by torchvision 0.14: paste_masks_in_image(arange(16.).reshape(1, 1, 4, 4) / 15, tensor([[2., 1., 7., 6.5]]), (8, 10))
    static readonly float[][] Rising =
    [
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0.006944447f, 0.034722228f, 0.062500007f, 0.090277784f, 0.118055567f, 0.062499989f, 0, 0],
        [0, 0.05f, 0.111111119f, 0.155555561f, 0.200000018f, 0.24444446f, 0.288888901f, 0.149999961f, 0, 0],
        [0, 0.15f, 0.311111122f, 0.355555564f, 0.400000006f, 0.444444478f, 0.48888889f, 0.24999994f, 0, 0],
        [0, 0.25f, 0.51111114f, 0.555555582f, 0.600000024f, 0.644444525f, 0.688888907f, 0.349999905f, 0, 0],
        [0, 0.350000024f, 0.711111069f, 0.75555557f, 0.800000012f, 0.844444454f, 0.888888896f, 0.449999899f, 0, 0],
        [0, 0.25f, 0.506944418f, 0.534722269f, 0.5625f, 0.590277791f, 0.618055582f, 0.31249994f, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    [Fact]
    public void Probabilities_are_torchvisions()
    {
        var found = Of(new(2, 1, 7, 6.5f), [.. Enumerable.Range(0, 16).Select(i => i / 15f)]);
        AssertClose([.. Rising.SelectMany(row => row)], MaskPasting.Probabilities(found, 8, 10));
        Assert.Equal(Rising.SelectMany(row => row).Select(p => (byte)(p > 0.5f ? 1 : 0)), MaskPasting.Paste(found, 8, 10, 0.5f).Values);
    }

    [Fact]
    public void A_mask_over_the_edge_is_cut_as_torchvisions()
    {
        // Produced by torchvision 0.14: paste_masks_in_image(ones(1, 1, 4, 4), tensor([[-3., 2., 3., 9.]]), (8, 6)), the rows 1 to 3.
        float[] expected =
        [
            0.318181843f,
            0.318181843f,
            0.318181843f,
            0.159090877f,
            0,
            0,
            0.863636374f,
            0.863636374f,
            0.863636374f,
            0.431818098f,
            0,
            0,
            1,
            1,
            1,
            0.5f,
            0,
            0,
        ];
        AssertClose(expected, MaskPasting.Probabilities(Of(new(-3, 2, 3, 9), Ones(4)), 8, 6)[6..24]);
    }

    [Fact]
    public void A_full_mask_covers_its_own_box()
    {
        var found = Of(new(5, 6, 25, 36), Ones(28));
        // Produced by torchvision 0.14: paste_masks_in_image(ones(1, 1, 28, 28), tensor([[5., 6., 25., 36.]]), (50, 40)).sum(); the box has
        // 600 pixels.
        Assert.Equal(644.449158, MaskPasting.Probabilities(found, 50, 40).Sum(value => (double)value), 1e-3);
        var mask = MaskPasting.Paste(found, 50, 40, 0.5f);
        for (int y = 0; y < 50; y++)
        for (int x = 0; x < 40; x++)
            if (x is >= 5 and < 25 && y is >= 6 and < 36)
                Assert.Equal(1, mask.Values[(y * 40) + x]);
            else if (x is < 4 or > 25 || y is < 5 or > 36)
                Assert.Equal(0, mask.Values[(y * 40) + x]);
    }

    [Theory]
    [InlineData(3, 3, 3.4f, 3.3f)] // less than a pixel
    [InlineData(7, 5, 8, 6)] // the last pixel
    [InlineData(0, 0, 0.01f, 6)] // the least box that is found
    [InlineData(-40, -50, -20, -30)] // outside
    [InlineData(0, 0, 8, 6)] // all
    public void Probabilities_are_numbers_between_0_and_1_whatever_the_box(float x1, float y1, float x2, float y2)
    {
        float[] values = MaskPasting.Probabilities(Of(new(x1, y1, x2, y2), Ones(28)), 6, 8);
        Assert.All(values, value => Assert.InRange(value, 0, 1.000001f));
        Assert.Equal(x2 > 0, values.Any(value => value > 0));
    }

    [Fact]
    public void Cells_that_are_no_numbers_are_not_the_objects() =>
        Assert.All(
            MaskPasting.Paste(Of(new(1, 1, 7, 5), [.. Enumerable.Repeat(float.NaN, 16)]), 6, 8, 0.5f).Values,
            value => Assert.Equal(0, value)
        );

    static Nets.Detection.Detection Of(Box box, float[] mask) => new(box, 1, 0.9f, mask);

    static float[] Ones(int side) => [.. Enumerable.Repeat(1f, side * side)];

    static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }
}
