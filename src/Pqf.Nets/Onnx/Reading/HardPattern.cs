using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Hard sigmoid and hard swish as exporters write them: clip(x + 3, 0, 6) / 6, and x times that.</summary>
/// <remarks>Source: Howard et al. 2019, arXiv 1905.02244, section 5.2.</remarks>
static class HardPattern
{
    const double Near = 1e-4;

    const int MaxFactors = 2;

    /// <summary>Replaces the last nodes of functions around a clip.</summary>
    public static void Find(PatternNodes nodes, OnnxNode clip)
    {
        if (Bound(nodes, clip, "min", 1) != 0 || Bound(nodes, clip, "max", 2) != 6)
            return;
        if (nodes.Maker(clip.Input(0), "Add") is not { Inputs: [var a, var b] })
            return;
        string? x =
            nodes.Number(b) == 3 ? a
            : nodes.Number(a) == 3 ? b
            : null;
        if (x is not null)
            Follow(nodes, clip.Output, x, clip.Output, MaxFactors);
    }

    static void Follow(PatternNodes nodes, string value, string x, string gate, int left)
    {
        foreach (var reader in left == 0 ? [] : nodes.Readers(value).Where(reader => reader.Operator is "Mul" or "Div"))
        {
            if (Factors.Of(nodes, reader.Output, x, gate) is not { GateCount: 1 } found)
                continue;
            bool isSixth = Math.Abs(found.Number - (1.0 / 6)) < Near;
            if (isSixth && found.XCount == 1)
                nodes.Replace(reader, Patterns.HardSwish, [x]);
            else if (isSixth && found.XCount == 0)
                nodes.ReplaceByHardSigmoid(reader, x);
            Follow(nodes, reader.Output, x, gate, left - 1);
        }
    }

    static float? Bound(PatternNodes nodes, OnnxNode clip, string attribute, int input) =>
        clip.Input(input).Length > 0 ? nodes.Number(clip.Input(input))
        : clip.Attributes.ContainsKey(attribute) ? clip.Single(attribute, 0)
        : null;
}
