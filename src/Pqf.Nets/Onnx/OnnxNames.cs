using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>Finds the names of a model's weights in its graph. Exporters rename what they change, such as weights that norms were folded
/// into. Nothing is guessed: the whole graph is that of a known network, or no weight gets a name.</summary>
static class OnnxNames
{
    // Of ONNX and of ONNX Runtime: those that read weights as integers.
    static readonly ImmutableHashSet<string> QuantisedOperators =
    [
        "QLinearConv",
        "ConvInteger",
        "QLinearMatMul",
        "MatMulInteger",
        "MatMulIntegerToFloat",
        "DynamicQuantizeMatMul",
        "QGemm",
        "MatMulNBits",
        "MatMulBnb4",
        "MatMulFpQ4",
    ];

    /// <summary>A model's weights, and which network they are.</summary>
    /// <param name="Network">The network's name.</param>
    /// <param name="Tensors">By the names used here.</param>
    public sealed record Found(string Network, IReadOnlyDictionary<string, StoredTensor> Tensors);

    /// <summary>The first operation whose weights are in a form that is not read, as an error.</summary>
    public static Result<Unit, PqfError> CheckOperators(TensorFile file, OnnxModel model) =>
        model.Nodes.FirstOrDefault(node => QuantisedOperators.Contains(node.Operator)) is { } node
            ? new PqfError.Tensor(
                file.Path,
                node.Name.Length > 0 ? node.Name : node.Output,
                $"the weights of operator {node.Operator} are not read; expected Conv, Gemm or MatMul, with quantised weights that come "
                    + "through DequantizeLinear (the format that ONNX Runtime calls QDQ)"
            )
            : default(Unit);

    /// <summary>The known network whose graph is a model's.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Null if there is none.</returns>
    public static Found? Find(OnnxModel model)
    {
        var numbers = new ValueNumbers();
        var steps = OnnxSteps.Of(model, numbers);
        if (Ends(steps) is not { } ends)
            return null;
        var found =
            from family in Networks.Families
            from name in family.Names
            let shapes = WeightShapes.Of([($"{family.Stem}.weight", ends.Stem), ($"{family.Head}.weight", ends.Head)])
            from graph in family.Build(family.Sized(name, shapes)).Match<Graphs.Graph[]>(graph => [graph], _ => [])
            where graph.Outputs.Length == 1
            let tensors = OnnxMatch.Find(graph, steps, numbers)
            where tensors is not null
            select new Found(name, tensors);
        return found.FirstOrDefault();
    }

    /// <summary>The weight that takes in the images and the one that makes the classes, from which a network's sizes follow.</summary>
    static (StoredTensor Stem, StoredTensor Head)? Ends(OnnxSteps steps)
    {
        var stem = steps.All.FirstOrDefault(step => step is { Weight: not null, Inputs: [var x] } && steps.All[x].Inputs.IsEmpty)?.Weight;
        foreach (int output in steps.Outputs)
        {
            int place = output;
            while (steps.All[place] is { Weight: null, Inputs: [var x, ..] })
                place = x;
            if (steps.All[place].Weight is { } head && stem is not null)
                return (stem, head);
        }

        return null;
    }
}
