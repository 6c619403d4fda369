using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class ProposalFilterTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly Box A = new(0, 0, 10, 10),
        B = new(1, 0, 11, 10),
        C = new(20, 20, 30, 30); // A and B overlap by 9 / 11
    static readonly ImageSize Size = new(40, 50);
    static readonly float Nan = float.NaN;

    [Fact]
    public void The_best_of_each_level_are_left_by_falling_objectness() =>
        Assert.Equal([B, A, C], Filter(10, 10, Level([A, B, C], [2, 3, 1]), Level([A], [2.5f])));

    [Fact]
    public void So_many_of_a_level_go_into_suppression_and_so_many_of_an_image_come_out()
    {
        // B suppresses A; C comes third, and of equal ones the first is taken.
        Assert.Equal([B], Filter(2, 10, Level([A, B, C], [2, 3, 1])));
        Assert.Equal([B, C], Filter(2, 10, Level([B, C, A], [1, 1, 1])));
        Assert.Equal([B], Filter(10, 1, Level([A, B, C], [2, 3, 1])));
    }

    [Fact]
    public void Boxes_are_decoded_and_cut_to_the_image()
    {
        // Twice as wide around the same centre, and half its height further down.
        var level = Level([C], [1], [0, 0.5f, MathF.Log(2), 0]);
        Assert.Equal([15, 25, 35, 35], Values(Filter(10, 10, level)[0]), (x, y) => Math.Abs(x - y) < 1e-4);
        Assert.Equal(new Box(0, 0, 50, 40), Filter(10, 10, Level([new(-5, -5, 70, 60)], [1]))[0]);
    }

    [Fact]
    public void Boxes_without_a_side_and_those_that_are_no_numbers_are_left_out()
    {
        Assert.Empty(Filter(10, 10, Level([new(60, 0, 70, 10), new(0, 0, 10, 0.0005f)], [1, 1])));
        Assert.Equal([C], Filter(10, 10, Level([A, B, C], [1, Nan, 1], [Nan, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])));
        Assert.Empty(Filter(10, 10, Level([A], [1], [float.PositiveInfinity, 0, 0, 0])));
        Assert.Empty(Filter(10, 10));
    }

    [Fact]
    public void Improbable_boxes_are_left_out_if_that_is_asked_for() =>
        Assert.Equal([B], Filter(10, 10, new MaskRcnnOptions { RpnScoreThresh = 0.5f }, Level([A, B, C], [-0.1f, 0, -5])));

    [Fact]
    public void Each_image_has_its_own_values()
    {
        var level = new LevelProposals([A, C], [0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, MathF.Log(0.5f)]);
        var device = Use(DeviceKind.Host);
        Assert.Equal([C, A], new ProposalFilter(new(), 10, 10).Of([level], 0, Size, device));
        Assert.Equal([A, new Box(20, 22.5f, 30, 27.5f)], new ProposalFilter(new(), 10, 10).Of([level], 1, Size, device));
    }

    ImmutableArray<Box> Filter(int before, int after, params ImmutableArray<LevelProposals> levels) => Filter(before, after, new(), levels);

    ImmutableArray<Box> Filter(int before, int after, MaskRcnnOptions options, params ImmutableArray<LevelProposals> levels) =>
        new ProposalFilter(options, before, after).Of(levels, 0, Size, Use(DeviceKind.Host));

    static LevelProposals Level(ImmutableArray<Box> anchors, float[] objectness, float[]? codes = null) =>
        new(anchors, objectness, codes ?? new float[4 * anchors.Length]);

    static float[] Values(Box box) => [box.X1, box.Y1, box.X2, box.Y2];
}
