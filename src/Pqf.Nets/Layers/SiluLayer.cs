using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x / (1 + exp(−x)), also called swish.</summary>
/// <param name="X">Node read.</param>
public sealed record SiluLayer(int X) : ElementwiseLayer<Silu>(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string gate = onnx.Between("sigmoid");
            onnx.Add("Sigmoid", [onnx.Input(0)], gate);
            onnx.Add("Mul", [onnx.Input(0), gate], onnx.Output);
        };
}
