using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Testing;

/// <summary>A tail of a fused op and what it does to a double.</summary>
/// <param name="Name">For the names of tests.</param>
/// <param name="Tail">The tail.</param>
/// <param name="Of">Its value.</param>
/// <param name="Rounding">Bound of its own error; it grows no error before it.</param>
public sealed record TailCase(string Name, Tail Tail, Func<double, double> Of, double Rounding = 0)
{
    /// <summary>Nothing.</summary>
    public static TailCase None { get; } = new("None", Tail.None, x => x);

    /// <summary>max(x, 0).</summary>
    public static TailCase Relu { get; } = new("ReLU", Tail.Relu, x => Math.Max(x, 0));

    /// <summary>Both, clamps of both sides and one side, a function, and a function behind a clamp.</summary>
    public static IReadOnlyList<TailCase> All { get; } =
    [
        None,
        Relu,
        new("ReLU6", Tail.Clamp(0, 6), x => Math.Clamp(x, 0, 6)),
        new("−1 to 1", Tail.Clamp(-1, 1), x => Math.Clamp(x, -1, 1)),
        new("up to 0.5", Tail.Clamp(float.NegativeInfinity, 0.5f), x => Math.Min(x, 0.5)),
        new("sigmoid", Tail.Of<Sigmoid>(), Logistic, FunctionRounding),
        new("ReLU, sigmoid", Tail.Relu.Then<Sigmoid>(), x => Logistic(Math.Max(x, 0)), FunctionRounding),
    ];

    // As Reference.Sigmoid: 8 + 4 · |x| roundings of a value y, and |x| · y · (1 − y) is below 0.5.
    const double FunctionRounding = 10.0 / (1 << 24);

    static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
