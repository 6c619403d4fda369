namespace Pqf.Nets.Onnx.Reading;

/// <summary>What nodes compute of one value, as a polynomial in it.</summary>
static class Polynomial
{
    const int MaxDegree = 3,
        MaxDepth = 8;

    /// <summary>The factors of 1, x, x², x³; null if a value is no such polynomial.</summary>
    /// <param name="nodes">The model.</param>
    /// <param name="name">The value.</param>
    /// <param name="x">What it is a polynomial in.</param>
    public static double[]? Of(PatternNodes nodes, string name, string x) => Of(nodes, name, x, MaxDepth);

    static double[]? Of(PatternNodes nodes, string name, string x, int depth)
    {
        if (name == x)
            return [0, 1, 0, 0];
        if (nodes.Number(name) is { } number)
            return [number, 0, 0, 0];
        if (depth == 0 || nodes.Maker(name) is not { Inputs: [var first, var second] } node)
            return null;
        if (node.Operator is not ("Add" or "Sub" or "Mul" or "Div" or "Pow"))
            return null;
        if (Of(nodes, first, x, depth - 1) is not { } a || Of(nodes, second, x, depth - 1) is not { } b)
            return null;
        return node.Operator switch
        {
            "Add" => [.. a.Zip(b, (left, right) => left + right)],
            "Sub" => [.. a.Zip(b, (left, right) => left - right)],
            "Mul" => Product(a, b),
            "Div" when b is [not 0, 0, 0, 0] => [.. a.Select(value => value / b[0])],
            "Pow" when b is [2, 0, 0, 0] => Product(a, a),
            "Pow" when b is [3, 0, 0, 0] => Product(a, a) is { } square ? Product(square, a) : null,
            _ => null,
        };
    }

    static double[]? Product(double[] a, double[] b)
    {
        double[] product = new double[MaxDegree + 1];
        for (int i = 0; i < a.Length; i++)
        for (int j = 0; j < b.Length; j++)
            if (a[i] != 0 && b[j] != 0)
            {
                if (i + j > MaxDegree)
                    return null;
                product[i + j] += a[i] * b[j];
            }

        return product;
    }
}
