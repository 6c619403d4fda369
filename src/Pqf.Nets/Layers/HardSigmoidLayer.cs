using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>clamp(slope · x + offset, 0, 1).</summary>
/// <param name="X">Node read.</param>
/// <param name="Slope">1/6 in PyTorch, 0.2 in Keras.</param>
/// <param name="Offset">1/2 in both.</param>
public sealed record HardSigmoidLayer(int X, float Slope = 1f / 6, float Offset = 0.5f) : ElementwiseWithOptionsLayer<HardSigmoid>(X)
{
    private protected override HardSigmoid Op => new(Slope, Offset);

    internal override OnnxForm? Onnx =>
        onnx => onnx.Add("HardSigmoid", OnnxMessages.Attribute("alpha", Slope), OnnxMessages.Attribute("beta", Offset));
}
