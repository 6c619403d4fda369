using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Products with constant matrices.</summary>
static class ProductOperators
{
    /// <summary>alpha · x · W + beta · b.</summary>
    public static Result<ModelValue, string> Gemm(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.Rank(x) != 2 || !node.Is("transA", 0, 0))
            return $"expected rows [N, features] for input 0, not transposed, got {node.Text(0)}";
        if (node.Constant(1) is not { Shape: { Rank: 2, Count: > 0 } } weight)
            return $"expected a constant matrix, got {node.Text(1)}";
        var turned = node.Node.Integer("transB", 0);
        if (node.Node.Single("alpha", 1) is not { } alpha || node.Node.Single("beta", 1) is not { } beta || turned is not (0 or 1))
            return "expected numbers for alpha and beta, and a transB of 0 or 1";
        if (turned == 0)
            weight = OnnxConstants.Transposed(weight);
        if (alpha != 1)
            weight = Constant.Mapped(weight, $"{alpha}", value => alpha * value);
        StoredTensor? bias = null;
        if (node.Has(2))
        {
            if (node.Constant(2) is not { } constant || !IsRow(constant.Shape, weight.Shape[0]))
                return $"expected a constant bias of {weight.Shape[0]} numbers, got {node.Text(2)}";
            bias = Constant.Spread(constant, weight.Shape[0]);
            if (beta != 1)
                bias = Constant.Mapped(bias, $"{beta}", value => beta * value);
        }

        return Linear(node, x, weight, bias, $"gemm {turned} {alpha} {beta}");
    }

    /// <summary>The product of rows, or of the channels of each pixel, with a constant matrix.</summary>
    public static Result<ModelValue, string> MatMul(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value for input 0, got {node.Text(0)}";
        if (node.Constant(1) is not { Shape: { Rank: 2, Count: > 0 } s } matrix)
            return $"expected a constant matrix, got {node.Text(1)}";
        var weight = OnnxConstants.Transposed(matrix);
        if (node.Rank(x) == 2)
            return Linear(node, x, weight, null, "matmul");
        return node.Rank(x) == 4 && x.Order == AxisOrder.ChannelsLast
            ? ConvolutionOperators.Make(node, x, Constant.Reshaped(weight, [s[1], s[0], 1, 1]), null, new Conv2dOptions())
            : $"expected rows [N, features], or images with their channels last, got {node.Text(0)}";
    }

    static ModelValue Linear(NodeReading node, ModelValue x, StoredTensor weight, StoredTensor? bias, string kind) =>
        node.Weighted(
            x,
            ConvolutionOperators.Weights(kind, weight, bias),
            (from, name) => new LinearLayer(from, name, weight.Shape[1], weight.Shape[0], bias is not null)
        );

    static bool IsRow(Shape shape, int count) => shape.Rank <= 2 && (shape.Count == 1 || (shape.Count == count && shape.Last == count));
}
