using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>scale · x + shift: sums, differences, products and quotients with a number.</summary>
/// <param name="X">Node read.</param>
/// <param name="Scale">Any number.</param>
/// <param name="Shift">Any number.</param>
public sealed record AffineLayer(int X, float Scale, float Shift) : ElementwiseWithOptionsLayer<Affine>(X)
{
    private protected override Affine Op => new(Scale, Shift);

    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string scaled = Shift == 0 ? onnx.Output : onnx.Between("scaled");
            onnx.Add("Mul", [onnx.Input(0), onnx.Number(Scale)], scaled);
            if (Shift != 0)
                onnx.Add("Add", [scaled, onnx.Number(Shift)], onnx.Output);
        };
}
