using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>A function of one number in all its forms.</summary>
public sealed record FunctionCase(
    string Name,
    Func<double, double> Of,
    Func<double, double> Tolerance,
    Func<Tensor<float>, Tensor<float>> Forward,
    DifferentiableFunction Function,
    Tail Tail
)
{
    /// <summary>Where it has no slope.</summary>
    public double[] Kinks { get; init; } = [];

    public static FunctionCase[] All { get; } =
    [
        Plain<Tanh>("tanh", Math.Tanh, x => 8 * Expected.Rounding * (Math.Abs(x) < 0.25 ? Math.Abs(x) : 1)),
        Plain<Exp>(
            "exp",
            x => (float)Math.Exp(x) is float.PositiveInfinity ? double.PositiveInfinity : Math.Exp(x),
            x => (Rounding(x) * Math.Exp(x)) + Denormal
        ),
        Plain<HardSwish>("hard swish", x => x * Math.Clamp((x / 6) + 0.5, 0, 1), x => 4 * Expected.Rounding * Math.Abs(x), -3, 3),
        // 1.4e-7 from the fit, the rest from roundings; the exponential's argument is x² / 2.
        Plain<Gelu>("GELU", Gelu, x => (Rounding(x * x / 2) + 1.4e-7) * (x < 0 ? Math.Abs(Gelu(x)) : Math.Abs(x)) + Denormal),
        Plain<GeluTanh>(
            "GELU by tanh",
            GeluTanh,
            x => (Rounding(1.6 * x * (1 + (0.0448 * x * x))) * (x < 0 ? Math.Abs(GeluTanh(x)) : Math.Abs(x))) + Denormal
        ),
        WithOptions("leaky ReLU", new LeakyRelu(0.1f), x => x < 0 ? 0.1f * x : x, x => Expected.Rounding * Math.Abs(x), 0),
        WithOptions("leaky ReLU that rises to the left", new LeakyRelu(-0.5f), x => x < 0 ? -0.5 * x : x, _ => 0, 0),
        WithOptions("clip", new Clip(-1, 6), x => Math.Clamp(x, -1, 6), _ => 0, -1, 6),
        WithOptions("clip from below", new Clip(0.5f, float.PositiveInfinity), x => Math.Max(x, 0.5), _ => 0, 0.5),
        WithOptions(
            "hard sigmoid",
            new HardSigmoid(0.25f, 0.5f),
            x => Math.Clamp((x * 0.25) + 0.5, 0, 1),
            _ => 2 * Expected.Rounding,
            -2,
            2
        ),
        WithOptions("affine", new Affine(-0.7f, 0.3f), x => (-0.7f * x) + 0.3f, x => 2 * Expected.Rounding * (Math.Abs(x) + 1)),
    ];

    // GPUs take values below the normal singles for 0.
    const double Denormal = 1e-36;

    // Three roundings, and the approximate exponential's, whose error grows with its argument.
    static double Rounding(double argument) => Expected.Rounding * (8 + (4 * Math.Abs(argument)));

    static double Gelu(double x) => x * 0.5 * Erfc(-x / Math.Sqrt(2));

    static double GeluTanh(double x) => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>erfc by its continued fraction from 2 on, and by the series of erf before.</summary>
    static double Erfc(double z)
    {
        if (z < 0)
            return 2 - Erfc(-z);
        if (z > 2)
        {
            double fraction = z;
            for (int k = 200; k > 0; k--)
                fraction = z + (k / 2.0 / fraction);
            return Math.Exp(-z * z) / Math.Sqrt(Math.PI) / fraction;
        }

        double term = z,
            sum = z;
        for (int k = 1; k < 100; k++)
        {
            term *= -z * z / k;
            sum += term / ((2 * k) + 1);
        }

        return 1 - (sum * 2 / Math.Sqrt(Math.PI));
    }

    static FunctionCase Plain<TOp>(string name, Func<double, double> of, Func<double, double> tolerance, params double[] kinks)
        where TOp : unmanaged, IUnaryOp =>
        new(name, of, tolerance, x => Map.Forward<TOp>(x), new Map.Function<TOp>(), Tail.Of<TOp>()) { Kinks = kinks };

    static FunctionCase WithOptions<TOp>(
        string name,
        TOp op,
        Func<double, double> of,
        Func<double, double> tolerance,
        params double[] kinks
    )
        where TOp : unmanaged, IUnaryOpWithOptions =>
        new(name, of, tolerance, x => Map.Forward(op, x), new Map.FunctionWithOptions<TOp>(op), Tail.Of(op)) { Kinks = kinks };

    public override string ToString() => Name;
}
