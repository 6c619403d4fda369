using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Detection;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class AnchorsTests
{
    static readonly ImmutableArray<float> Usual = new MaskRcnnOptions().AspectRatios;

    // Produced by torchvision 0.14: AnchorGenerator(((32,), (64,)), ((0.5, 1., 2.),) * 2) of images of 64×96 with maps of 5×7 and 2×3.
    [Fact]
    public void Anchors_are_torchvisions_place_by_place()
    {
        var fine = Anchors.Of(new(64, 96), new(5, 7), 32, Usual);
        Assert.Equal(5 * 7 * 3, fine.Length);
        Assert.Equal([new(-23, -11, 23, 11), new(-16, -16, 16, 16), new(-11, -23, 11, 23), new(-10, -11, 36, 11)], fine[..4]);
        Assert.Equal([new(-23, 1, 23, 23), new(-16, -4, 16, 28), new(-11, -11, 11, 35)], fine[21..24]);
        Assert.Equal([new(55, 37, 101, 59), new(62, 32, 94, 64), new(67, 25, 89, 71)], fine[102..]);
        Assert.Equal([new(19, 9, 109, 55), new(32, 0, 96, 64), new(41, -13, 87, 77)], Anchors.Of(new(64, 96), new(2, 3), 64, Usual)[^3..]);
    }

    // Produced by torchvision 0.14: AnchorGenerator(((48,),), ((0.3, 0.7, 3.),)) of an image of 40×40 with a map of 3×3: strides of 13, not
    // of 40 / 3.
    [Fact]
    public void Places_are_a_whole_number_of_pixels_apart() =>
        Assert.Equal(
            [new(-18, 13, 70, 39), new(-3, 6, 55, 46), new(12, -16, 40, 68)],
            Anchors.Of(new(40, 40), new(3, 3), 48, [0.3f, 0.7f, 3])[^3..]
        );
}
