using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>max(x, 0).</summary>
/// <param name="X">Node read.</param>
public sealed record ReluLayer(int X) : ElementwiseLayer<Relu>(X)
{
    internal override Tail? Tail => Tensors.Ops.Elementwise.Tail.Relu;

    internal override OnnxForm? Onnx => onnx => onnx.Add("Relu");

    internal override string? OnnxSignature => OnnxSignatures.Relu;
}
