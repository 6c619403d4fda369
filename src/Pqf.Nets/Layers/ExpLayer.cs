using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>eˣ.</summary>
/// <param name="X">Node read.</param>
public sealed record ExpLayer(int X) : ElementwiseLayer<Exp>(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("Exp");
}
