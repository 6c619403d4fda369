using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>Hyperbolic tangent.</summary>
/// <param name="X">Node read.</param>
public sealed record TanhLayer(int X) : ElementwiseLayer<Tanh>(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("Tanh");
}
