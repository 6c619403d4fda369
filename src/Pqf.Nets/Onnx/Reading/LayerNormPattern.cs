using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>(x − mean) / √(mean of (x − mean)² + ε) · w + b, as exporters write it.</summary>
static class LayerNormPattern
{
    /// <summary>Replaces the last node of a norm around a square root.</summary>
    public static void Find(PatternNodes nodes, OnnxNode root)
    {
        if (nodes.Maker(root.Input(0), "Add") is not { Inputs: [var a, var b] })
            return;
        var (variance, eps) =
            nodes.Number(b) is { } right ? (a, right)
            : nodes.Number(a) is { } left ? (b, left)
            : ("", 0);
        if (Mean(nodes, variance) is not { } mean || nodes.Maker(mean.X) is not { Inputs: [var c, var d] } square)
            return;
        if (!(square.Operator == "Pow" && nodes.Number(d) == 2) && !(square.Operator == "Mul" && c == d))
            return;
        if (Centred(nodes, c) is not { } centred || !centred.Axes.SequenceEqual(mean.Axes))
            return;
        foreach (var quotient in nodes.Readers(root.Output))
            if (quotient is { Operator: "Div", Inputs: [var top, _] } && Centred(nodes, top) is { } again && again.X == centred.X)
                Replace(nodes, quotient, centred.X, centred.Axes, eps);
    }

    static void Replace(PatternNodes nodes, OnnxNode last, string x, ImmutableArray<long> axes, float eps)
    {
        List<string> inputs = [x];
        foreach (string operation in (ReadOnlySpan<string>)["Mul", "Add"])
        {
            if (nodes.Readers(last.Output) is not [{ Inputs: [var a, var b] } next] || next.Operator != operation)
                break;
            string other = a == last.Output ? b : a;
            if (!nodes.IsConstant(other))
                break;
            inputs.Add(other);
            last = next;
        }

        var list = StoredTensor.FromValues("axes", DType.I64, [axes.Length], axes.ToArray());
        nodes.Replace(
            last,
            Patterns.LayerNorm,
            [.. inputs],
            ("axes", new OnnxAttribute.Tensor(list)),
            ("epsilon", new OnnxAttribute.Single(eps))
        );
    }

    /// <summary>x and the axes of x − mean of x.</summary>
    static (string X, ImmutableArray<long> Axes)? Centred(PatternNodes nodes, string name) =>
        nodes.Maker(name, "Sub") is { Inputs: [var x, var m] } && Mean(nodes, m) is { } mean && mean.X == x ? mean : null;

    static (string X, ImmutableArray<long> Axes)? Mean(PatternNodes nodes, string name)
    {
        if (nodes.Maker(name, "ReduceMean") is not { } node || node.Integer("keepdims", 1) != 1)
            return null;
        var axes =
            node.Input(1).Length == 0 ? node.Integers("axes", [])
            : nodes.Constant(node.Input(1)) is { Type: DType.I64, Shape: { Rank: 1, Count: <= 8 } } list ? OnnxNode.Integers(list)
            : null;
        return axes is { IsEmpty: false } given ? (node.Input(0), given) : null;
    }
}
