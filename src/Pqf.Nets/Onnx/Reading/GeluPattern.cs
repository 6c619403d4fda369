using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>x · Φ(x) as exporters write it: x / 2 · (1 + erf(x / √2)), or with tanh(√(2 / π) · (x + 0.044715 · x³)).</summary>
/// <remarks>Source: Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2.</remarks>
static class GeluPattern
{
    const double Cubic = 0.044715,
        Near = 1e-4;

    const int MaxFactors = 3,
        MaxCandidates = 32;

    static readonly double InverseRoot2 = Math.Sqrt(0.5),
        RootOf2ByPi = Math.Sqrt(2 / Math.PI);

    /// <summary>Replaces the last node of a function around an error function or hyperbolic tangent.</summary>
    public static void Find(PatternNodes nodes, OnnxNode inner)
    {
        bool isErf = inner.Operator == "Erf";
        if (Variable(nodes, inner.Input(0), isErf) is not { } x)
            return;
        foreach (var gate in nodes.Readers(inner.Output))
            if (gate is { Operator: "Add", Inputs: [var a, var b] } && nodes.Number(a == inner.Output ? b : a) == 1)
                Follow(nodes, gate.Output, x, gate.Output, isErf ? Patterns.Gelu : Patterns.GeluTanh, MaxFactors);
    }

    /// <summary>Goes from product to product until one is x / 2 times the gate.</summary>
    static void Follow(PatternNodes nodes, string value, string x, string gate, string own, int left)
    {
        foreach (var reader in left == 0 ? [] : nodes.Readers(value).Where(reader => reader.Operator is "Mul" or "Div"))
            if (
                Factors.Of(nodes, reader.Output, x, gate) is { XCount: 1, GateCount: 1, Number: var number }
                && Math.Abs(number - 0.5) < Near
            )
                nodes.Replace(reader, own, [x]);
            else
                Follow(nodes, reader.Output, x, gate, own, left - 1);
    }

    /// <summary>What the argument is a function of; null if it is not the one of this function.</summary>
    static string? Variable(PatternNodes nodes, string argument, bool isErf)
    {
        var candidates = new Queue<string>([argument]);
        var seen = new HashSet<string>();
        while (candidates.TryDequeue(out string? name) && seen.Count < MaxCandidates)
        {
            if (nodes.IsConstant(name) || !seen.Add(name))
                continue;
            if (Polynomial.Of(nodes, argument, name) is { } p && IsArgument(p, isErf))
                return name;
            foreach (string input in nodes.Maker(name) is { Operator: "Add" or "Mul" or "Div" or "Pow" or "Sub" } maker ? maker.Inputs : [])
                candidates.Enqueue(input);
        }

        return null;
    }

    static bool IsArgument(double[] p, bool isErf) =>
        p[0] == 0
        && p[2] == 0
        && (
            isErf
                ? Math.Abs(p[1] - InverseRoot2) < Near && p[3] == 0
                : Math.Abs(p[1] - RootOf2ByPi) < Near && Math.Abs(p[3] - (RootOf2ByPi * Cubic)) < Near
        );
}
