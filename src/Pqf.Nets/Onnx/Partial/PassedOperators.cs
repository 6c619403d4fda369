using System.Collections.Immutable;
using Pqf.Nets.Onnx.Reading;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Partial;

/// <summary>Says for a person what of a model is not run.</summary>
static class PassedOperators
{
    // Arithmetic of shapes and constants: no reason why a network is not run.
    static readonly ImmutableHashSet<string> Arithmetic =
    [
        "Ceil",
        "Constant",
        "ConstantOfShape",
        "Equal",
        "Expand",
        "Floor",
        "Greater",
        "Less",
        "Mod",
        "Range",
        "Reciprocal",
        "ReduceProd",
        "Round",
        "Shape",
        "Size",
        "Sqrt",
        "Where",
    ];

    /// <summary>Operators and the numbers of their nodes: those of problems first, then those that have no layer of their own among what
    /// depends on them, or among all nodes if there are no problems.</summary>
    public static ImmutableArray<(string Operator, int Count)> Of(OnnxModel model, ImmutableArray<OnnxProblem> problems)
    {
        var found = problems.Select(problem => (problem.Node, problem.Operator)).ToHashSet();
        var (first, others, unknown) = (new List<string>(), new List<string>(), new HashSet<string>());
        foreach (var node in model.Nodes)
        {
            bool isProblem = found.Contains((node.Name.Length > 0 ? node.Name : node.Output, node.Operator));
            if (!isProblem && !problems.IsEmpty && !node.Inputs.Any(unknown.Contains))
                continue;
            unknown.UnionWith(node.Outputs.Where(output => output.Length > 0));
            if (isProblem)
                first.Add(node.Operator);
            else if (OperatorTable.Find(node) is null && !Arithmetic.Contains(node.Operator))
                others.Add(node.Operator);
        }

        return [.. first.Concat(others).CountBy(name => name).Select(pair => (pair.Key, pair.Value))];
    }
}
