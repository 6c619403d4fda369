using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>1 / (1 + exp(−x)).</summary>
/// <param name="X">Node read.</param>
public sealed record SigmoidLayer(int X) : ElementwiseLayer<Sigmoid>(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("Sigmoid");
}
