using System.Numerics;

namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>a · b.</summary>
public readonly struct Times : IBinaryOp
{
    /// <inheritdoc/>
    public static Arithmetic Kind => Arithmetic.Times;

    /// <inheritdoc/>
    public static float Apply(float a, float b) => a * b;

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a * b;
}
