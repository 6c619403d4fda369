using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x · clamp(x / 6 + 1/2, 0, 1).</summary>
/// <param name="X">Node read.</param>
public sealed record HardSwishLayer(int X) : ElementwiseLayer<HardSwish>(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("HardSwish");
}
