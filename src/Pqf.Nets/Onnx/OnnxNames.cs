using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
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
        var found =
            from known in KnownGraphs(steps)
            let tensors = OnnxMatch.Find(known.Graph, steps, numbers)
            where tensors is not null
            select new Found(known.Name, tensors);
        return found.FirstOrDefault();
    }

    /// <summary>The first operation of a model that the known network that it follows farthest does not have there, for a person.</summary>
    /// <param name="model">A model that <see cref="Find"/> does not find.</param>
    /// <returns>Null if no single operation differs.</returns>
    public static string? Difference(OnnxModel model)
    {
        var numbers = new ValueNumbers();
        var steps = OnnxSteps.Of(model, numbers);
        // What follows from something that no network of ours has is not the first difference; sizes are no data.
        OnnxNode[] nodes =
        [
            .. model.Nodes.Where(node =>
                node.Output.Length > 0 && node.Operator is not ("Shape" or "Size") && node.Inputs.Any(input => steps.Of(input) is not null)
            ),
        ];
        int farthest = KnownGraphs(steps)
            .Select(known => OnnxMatch.Numbers(known.Graph, numbers).ToHashSet())
            .Select(own => Array.FindIndex(nodes, node => steps.Of(node.Output) is not { } step || !own.Contains(step.Number)))
            // Where even the first and last weight are not found
            .DefaultIfEmpty(Array.FindIndex(nodes, node => steps.Of(node.Output) is null))
            .MaxBy(index => index < 0 ? nodes.Length : index);
        return farthest < 0 ? null
            : nodes[farthest] is var node && node.Name.Length > 0 ? $"{node.Operator} ({Printable.Name(node.Name)})"
            : $"{node.Operator} (which makes {Printable.Name(node.Output)})";
    }

    /// <summary>The known networks with the sizes of a model's first and last weight.</summary>
    static IEnumerable<(string Name, Graph Graph)> KnownGraphs(OnnxSteps steps) =>
        Ends(steps) is not { } ends
            ? []
            : from family in Networks.Families
            from name in family.Names
            let shapes = WeightShapes.Of([($"{family.Stem}.weight", ends.Stem), ($"{family.Head}.weight", ends.Head)])
            from graph in family.Build(family.Sized(name, shapes)).Match<Graph[]>(graph => [graph], _ => [])
            where graph.Outputs.Length == 1
            select (name, graph);

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
