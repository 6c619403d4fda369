using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Finds functions that exporters write as several nodes, and puts one node in the place of the last. The others stay: who else
/// reads them finds them, and if nobody does they are left out later.</summary>
static class Patterns
{
    /// <summary>Operators of <see cref="OperatorTable.OwnDomain"/>.</summary>
    public const string Silu = "Silu",
        HardSwish = "HardSwish",
        Gelu = "Gelu",
        GeluTanh = "GeluTanh",
        LayerNorm = "LayerNorm";

    /// <summary>The nodes of a model with what was found.</summary>
    public static ImmutableArray<OnnxNode> Of(OnnxModel model)
    {
        var nodes = new PatternNodes(model);
        foreach (var node in model.Nodes.Where(node => node.IsStandard))
            switch (node.Operator)
            {
                case "Sigmoid":
                    OfGate(nodes, node, Silu);
                    break;
                case "HardSigmoid" when FunctionOperators.IsUsualHardSigmoid(node):
                    OfGate(nodes, node, HardSwish);
                    break;
                case "Clip":
                    HardPattern.Find(nodes, node);
                    break;
                case "Erf" or "Tanh":
                    GeluPattern.Find(nodes, node);
                    break;
                case "Sqrt":
                    LayerNormPattern.Find(nodes, node);
                    break;
                default:
                    break;
            }

        return nodes.All;
    }

    /// <summary>x · f(x).</summary>
    static void OfGate(PatternNodes nodes, OnnxNode gate, string own)
    {
        string x = gate.Input(0);
        foreach (var product in nodes.Readers(gate.Output).Where(reader => reader.Operator == "Mul"))
            if (product.Inputs is [var a, var b] && ((a == x && b == gate.Output) || (b == x && a == gate.Output)))
                nodes.Replace(product, own, [x]);
    }
}
