using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x above 0, a multiple of x below.</summary>
/// <param name="X">Node read.</param>
/// <param name="Slope">The factor below 0.</param>
public sealed record LeakyReluLayer(int X, float Slope) : ElementwiseWithOptionsLayer<LeakyRelu>(X)
{
    private protected override LeakyRelu Op => new(Slope);

    internal override OnnxForm? Onnx => onnx => onnx.Add("LeakyRelu", OnnxMessages.Attribute("alpha", Slope));
}
