using System.Numerics;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Testing;

/// <summary>x / (1 + |x|): a function that the library does not have.</summary>
public readonly struct Softsign : IUnaryOp
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public static float Apply(float x) => x / (1f + MathF.Abs(x));

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => x / (Vector<float>.One + Vector.Abs(x));

    /// <inheritdoc/>
    public static float Pullback(float x, float dy)
    {
        float divisor = 1f + MathF.Abs(x);
        return dy / (divisor * divisor);
    }

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var divisor = Vector<float>.One + Vector.Abs(x);
        return dy / (divisor * divisor);
    }
}
