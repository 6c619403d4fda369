using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class MaskTargetsTests
{
    // 12×16 pixels with ones in rows 3 … 8, columns 4 … 10.
    static readonly BinaryMask Block = new(
        12,
        16,
        [.. Enumerable.Range(0, 12 * 16).Select(i => (byte)(i / 16 is >= 3 and < 9 && i % 16 is >= 4 and < 11 ? 1 : 0))]
    );

    // Produced by torchvision 0.14: project_masks_on_boxes(mask, tensor([box]), tensor([0]), 4)
    [Theory]
    [InlineData(
        new float[] { 4, 3, 11, 9 },
        new[] { 1, 1, 1, 0.71875f, 1, 1, 1, 0.71875f, 1, 1, 1, 0.71875f, 0.6875f, 0.6875f, 0.6875f, 0.494140625f }
    )]
    [InlineData(
        new[] { 2.5f, 1.25f, 13.75f, 10.5f },
        new[]
        {
            0.2978515625f,
            0.46875f,
            0.3955078125f,
            0,
            0.635416687f,
            1,
            0.84375f,
            0,
            0.635416687f,
            1,
            0.84375f,
            0,
            0.0904585496f,
            0.142361f,
            0.120117098f,
            0,
        }
    )]
    [InlineData(
        new float[] { -2, -3, 30, 20 },
        new[] { 0.0141059114f, 0.0253906399f, 0, 0, 0.311414897f, 0.560546815f, 0, 0, 0.00108505285f, 0.0019530952f, 0, 0, 0, 0, 0, 0 }
    )]
    [InlineData(
        new[] { 2.75f, 2, 10.75f, 10 },
        new[] { 0.46875f, 0.75f, 0.75f, 0.65625f, 0.625f, 1, 1, 0.875f, 0.625f, 1, 1, 0.875f, 0.15625f, 0.25f, 0.25f, 0.21875f }
    )] // cells of two whole pixels
    [InlineData(new[] { 5, 5, 5.4f, 5.3f }, new float[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    public void Cells_are_torchvisions(float[] box, float[] expected)
    {
        float[] actual = Project(Block, new(12, 16), new(box[0], box[1], box[2], box[3]), 4);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Fact]
    public void The_mask_is_seen_at_the_resized_images_size()
    {
        // Three times the size, read between whole blocks of pixels.
        float[] small = Project(Block, new(12, 16), new(2, 1, 10, 9), 8),
            large = Project(Block, new(36, 48), new(6, 3, 30, 27), 8);
        Assert.All(
            small.Zip(large).Where(pair => pair.First is 0 or 1 && pair.Second is 0 or 1),
            pair => Assert.Equal(pair.First, pair.Second)
        );
        Assert.Equal(small.Sum(), large.Sum(), 4.0);
    }

    [Fact]
    public void One_pixel_fills_its_own_box_and_none_leave_it_empty()
    {
        var pixel = new BinaryMask(12, 16, [.. Enumerable.Range(0, 12 * 16).Select(i => (byte)(i == (5 * 16) + 7 ? 1 : 0))]);
        float[] cells = Project(pixel, new(120, 160), new(70, 50, 80, 60), 28);
        Assert.All(cells, cell => Assert.InRange(cell, 0, 1));
        Assert.True(cells.Average() > 0.9, $"{cells.Average()}");
        Assert.All(Project(new(12, 16, new byte[12 * 16]), new(12, 16), new(0, 0, 16, 12), 28), cell => Assert.Equal(0, cell));
    }

    [Theory]
    [InlineData(3, 3, 3, 3)]
    [InlineData(-50, -50, -20, -20)]
    [InlineData(0, 0, 1e-30f, 5)]
    [InlineData(-1e6f, -1e6f, 1e6f, -1e6f)]
    public void Cells_are_numbers_whatever_the_box(float x1, float y1, float x2, float y2) =>
        Assert.All(Project(Block, new(12, 16), new(x1, y1, x2, y2), 4), cell => Assert.InRange(cell, 0, 1));

    static float[] Project(BinaryMask mask, ImageSize size, Box box, int side)
    {
        float[] cells = new float[side * side];
        MaskTargets.Project(mask, size, box, side, cells);
        return cells;
    }
}
