using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>eˣ.</summary>
public readonly struct Exp : IUnaryOp
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <inheritdoc/>
    public static float Apply(float x) => MathF.Exp(x);

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => Vector.Exp(x);

    /// <inheritdoc/>
    public static float Pullback(float y, float dy) => y * dy;

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) => y * dy;
}
