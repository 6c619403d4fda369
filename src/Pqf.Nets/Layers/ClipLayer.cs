using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x from one number to another; ReLU6 is from 0 to 6.</summary>
/// <param name="X">Node read.</param>
/// <param name="Low">Smallest value that passes; −∞ for none.</param>
/// <param name="High">Largest value that passes; ∞ for none.</param>
public sealed record ClipLayer(int X, float Low, float High) : ElementwiseWithOptionsLayer<Clip>(X)
{
    private protected override Clip Op => new(Low, High);

    internal override Tail? Tail => Tensors.Ops.Elementwise.Tail.Clamp(Low, High);

    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.Add(
                "Clip",
                [
                    onnx.Input(0),
                    float.IsNegativeInfinity(Low) ? "" : onnx.Number(Low),
                    .. float.IsPositiveInfinity(High) ? [] : (string[])[onnx.Number(High)],
                ],
                onnx.Output
            );
}
