using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Poolings whose padding differs from side to side, or whose windows reach beyond it, as poolings of an input that is padded
/// first.</summary>
static class PaddedPool
{
    /// <summary>The input, padded where it must be, and the pooling of it.</summary>
    public static (Tensor<float> X, ConvGeometry Geometry) Of(Tensor<float> x, PoolWindow window, float value) =>
        window.IsPlain
            ? (x, window.G)
            : (Pad.Forward(x, new PadOptions(window.G.Padding, window.Overhang) { Value = value }), window.OfPadded);

    /// <summary>A gradient of the padded input without that of the padding.</summary>
    public static Tensor<float> Crop(Tensor<float> dx, PoolWindow window)
    {
        if (window.IsPlain)
            return dx;
        var (g, padding) = (window.G, window.G.Padding);
        return Slice.Forward(Slice.Forward(dx, 1, padding.H, g.H), 2, padding.W, g.W);
    }
}
