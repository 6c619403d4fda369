using System.Numerics;

namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>a / b.</summary>
public readonly struct Over : IBinaryOp
{
    /// <inheritdoc/>
    public static Arithmetic Kind => Arithmetic.Over;

    /// <inheritdoc/>
    public static float Apply(float a, float b) => a / b;

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a / b;
}
