using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class RoiCellsTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RoiPooling Pooling = new(7, 2, 224, 4, 1000);

    // Produced by torchvision 0.14: poolers.initLevelMapper(2, 5, 224, 4)([boxes])
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(111.99f, 112, 0)]
    [InlineData(112, 112, 1)]
    [InlineData(64, 196, 1)]
    [InlineData(223.99f, 224, 1)]
    [InlineData(224, 224, 2)]
    [InlineData(448, 447.9f, 2)]
    [InlineData(448, 448, 3)]
    [InlineData(2000, 2000, 3)]
    [InlineData(0, 5, 0)]
    public void Levels_are_torchvisions(float width, float height, int level) =>
        Assert.Equal(level, RoiCells.LevelOf(new(0, 0, width, height), Pooling, 4));

    [Fact]
    public void Corners_in_the_wrong_order_have_the_finest_level() => Assert.Equal(0, RoiCells.LevelOf(new(9, 0, 3, 700), Pooling, 4));

    [Fact]
    public void Cells_come_in_the_order_of_the_boxes_each_from_its_own_image_and_level()
    {
        var device = Use(DeviceKind.Host);
        // Level l of image n holds 10 n + l everywhere.
        ImmutableArray<Tensor<float>> levels =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(level =>
                {
                    int side = 128 >> level;
                    return Tensor<float>.From(
                        device,
                        [2, side, side, 1],
                        [.. Enumerable.Range(0, 2 * side * side).Select(i => (float)((10 * (i / (side * side))) + level))]
                    );
                }),
        ];
        ImmutableArray<RoiBox> boxes =
        [
            new(1, new(10, 10, 470, 470)),
            new(0, new(50, 50, 60, 60)),
            new(1, new(5, 5, 305, 305)),
            new(0, new(5, 5, 155, 155)),
            new(1, new(40, 40, 90, 90)),
        ];
        float[] cells = RoiCells.Forward(levels, boxes, Pooling with { Size = 2 }).ToArray();
        Assert.Equal(((float[])[13, 0, 12, 1, 10]).SelectMany(value => Enumerable.Repeat(value, 4)), cells);
    }
}
