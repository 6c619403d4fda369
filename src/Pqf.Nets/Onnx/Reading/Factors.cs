namespace Pqf.Nets.Onnx.Reading;

/// <summary>A product of numbers, of one value, and of a function of it.</summary>
/// <param name="Number">The product of all numbers.</param>
/// <param name="XCount">How often the value is a factor.</param>
/// <param name="GateCount">How often the function is.</param>
readonly record struct Factors(double Number, int XCount, int GateCount)
{
    const int MaxDepth = 4;

    /// <summary>The factors of a value; null if there are others.</summary>
    public static Factors? Of(PatternNodes nodes, string name, string x, string gate) => Of(nodes, name, x, gate, MaxDepth);

    static Factors? Of(PatternNodes nodes, string name, string x, string gate, int depth)
    {
        if (name == x)
            return new(1, 1, 0);
        if (name == gate)
            return new(1, 0, 1);
        if (nodes.Number(name) is { } number)
            return new(number, 0, 0);
        if (depth == 0 || nodes.Maker(name) is not { Operator: "Mul" or "Div", Inputs: [var first, var second] } node)
            return null;
        if (Of(nodes, first, x, gate, depth - 1) is not { } a || Of(nodes, second, x, gate, depth - 1) is not { } b)
            return null;
        if (node.Operator == "Mul")
            return new(a.Number * b.Number, a.XCount + b.XCount, a.GateCount + b.GateCount);
        return b is { XCount: 0, GateCount: 0, Number: not 0 } ? a with { Number = a.Number / b.Number } : null;
    }
}
