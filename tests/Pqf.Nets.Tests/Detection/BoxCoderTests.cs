using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class BoxCoderTests
{
    static readonly BoxCoder Detections = BoxCoder.OfDetections(new MaskRcnnOptions()),
        Proposals = BoxCoder.OfProposals(new MaskRcnnOptions());

    // Produced by torchvision 0.14: BoxCoder((10., 10., 5., 5.)).encode_single(tensor([[10., 20., 50., 100.], [3.5, 4.25, 8., 30.]]),
    // tensor([[12., 18., 40., 90.], [0., 0., 64., 16.]]))
    [Theory]
    [InlineData(
        new float[] { 10, 20, 50, 100 },
        new float[] { 12, 18, 40, 90 },
        new[] { 1.4285714626312256f, 0.8333333134651184f, 1.7833747863769531f, 0.5268027782440186f }
    )]
    [InlineData(
        new[] { 3.5f, 4.25f, 8, 30 },
        new float[] { 0, 0, 64, 16 },
        new[] { -4.1015625f, 5.703125f, -13.274028778076172f, 2.3792295455932617f }
    )]
    public void Codes_are_torchvisions(float[] box, float[] against, float[] expected)
    {
        var code = Detections.Encode(Of(box), Of(against));
        Assert.All(expected.Zip((float[])[code.Dx, code.Dy, code.Dw, code.Dh]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void Sides_are_cut_at_the_scale_clip()
    {
        // Produced by torchvision 0.14: BoxCoder((1., 1., 1., 1.)).decode_single(tensor([[0.5, -0.25, 10., -1.]]), tensor([[10., 20., 26.,
        // 52.]]))
        var box = Proposals.Decode(new(0.5f, -0.25f, 10, -1), new(10, 20, 26, 52));
        Assert.All(
            ((float[])[-474.0000305175781f, 22.113929748535156f, 526, 33.886070251464844f]).Zip((float[])[box.X1, box.Y1, box.X2, box.Y2]),
            pair => Assert.Equal(pair.First, pair.Second, 1e-3)
        );
        Assert.Equal(16 * 1000 / 16f, box.Width, 1e-2);
    }

    [Fact]
    public void Code_zero_is_the_other_box()
    {
        Box box = new(10, 20, 26, 52);
        Assert.Equal(box, Proposals.Decode(default, box));
        Assert.Equal(default, Proposals.Encode(box, box));
    }

    [Fact]
    public void Each_difference_has_its_own_factor()
    {
        var coder = new BoxCoder(new(2, 3, 4, 5), 1000f / 16);
        Box against = new(0, 0, 10, 10),
            box = new(1, 2, 11 + 10, 12 + 10);
        // Centres (11, 12) against (5, 5), sides twice as long.
        var code = coder.Encode(box, against);
        Assert.Equal(2 * 0.6, code.Dx, 1e-6);
        Assert.Equal(3 * 0.7, code.Dy, 1e-6);
        Assert.Equal(4 * Math.Log(2), code.Dw, 1e-6);
        Assert.Equal(5 * Math.Log(2), code.Dh, 1e-6);
    }

    static Box Of(float[] corners) => new(corners[0], corners[1], corners[2], corners[3]);
}
