using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>1 / (1 + exp(−x)).</summary>
public readonly struct Sigmoid : IUnaryOp, IWideOp
{
    /// <inheritdoc/>
    public static float Apply(float x) => 1f / (1f + MathF.Exp(-x)); // an infinite exponential gives 0

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => Vector<float>.One / (Vector<float>.One + ShortExp.Of(-x));

    static V IWideOp.Apply<S, V>(V x) => S.Divide(S.Create(1f), S.Add(S.Create(1f), ShortExp.OfNegative<S, V>(x)));

    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <inheritdoc/>
    public static float Pullback(float y, float dy) => dy * y * (1f - y);

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) => dy * y * (Vector<float>.One - y);
}
