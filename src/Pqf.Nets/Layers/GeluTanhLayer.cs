using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary><see cref="GeluLayer"/> approximated by a hyperbolic tangent.</summary>
/// <param name="X">Node read.</param>
public sealed record GeluTanhLayer(int X) : ElementwiseLayer<GeluTanh>(X)
{
    // 2√(2/π), and the same times 0.044715: (1 + tanh(u)) / 2 is sigmoid(2u).
    const float Linear = 1.5957691f,
        Cubic = 0.071354814f;

    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string square = onnx.Between("square"),
                cubic = onnx.Between("cubic"),
                factor = onnx.Between("factor"),
                argument = onnx.Between("argument"),
                gate = onnx.Between("gate");
            onnx.Add("Mul", [onnx.Input(0), onnx.Input(0)], square);
            onnx.Add("Mul", [square, onnx.Number(Cubic)], cubic);
            onnx.Add("Add", [cubic, onnx.Number(Linear)], factor);
            onnx.Add("Mul", [onnx.Input(0), factor], argument);
            onnx.Add("Sigmoid", [argument], gate);
            onnx.Add("Mul", [onnx.Input(0), gate], onnx.Output);
        };
}
