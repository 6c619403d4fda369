using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x · Φ(x), Φ the normal distribution's.</summary>
/// <param name="X">Node read.</param>
public sealed record GeluLayer(int X) : ElementwiseLayer<Gelu>(X)
{
    const float InverseRoot2 = 0.70710677f;

    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string scaled = onnx.Between("scaled"),
                erf = onnx.Between("erf"),
                sum = onnx.Between("sum"),
                half = onnx.Between("half");
            onnx.Add("Mul", [onnx.Input(0), onnx.Number(InverseRoot2)], scaled);
            onnx.Add("Erf", [scaled], erf);
            onnx.Add("Add", [erf, onnx.Number(1)], sum);
            onnx.Add("Mul", [onnx.Input(0), onnx.Number(0.5f)], half);
            onnx.Add("Mul", [half, sum], onnx.Output);
        };
}
