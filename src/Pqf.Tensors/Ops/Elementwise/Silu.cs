using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x · sigmoid(x), also called swish. Source: Elfwing et al. 2018; Ramachandran et al. 2017.</summary>
/// <remarks>Values of any finite x are right: the exponential of a large −x is infinite, and x divided by it is 0. Minus infinity gives
/// NaN,
/// as in PyTorch.</remarks>
public readonly struct Silu : IUnaryOp, IWideOp
{
    /// <summary>The function falls and then rises, so its value alone does not give its slope.</summary>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public static float Apply(float x) => x / (1f + MathF.Exp(-x));

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => x / (Vector<float>.One + ShortExp.Of(-x));

    static V IWideOp.Apply<S, V>(V x) => S.Divide(x, S.Add(S.Create(1f), ShortExp.OfNegative<S, V>(x)));

    /// <summary>Slope s · (1 + x · (1 − s)) with s = sigmoid(x).</summary>
    public static float Pullback(float x, float dy)
    {
        float s = Sigmoid.Apply(x);
        return dy * s * (1f + (x * (1f - s)));
    }

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var s = Sigmoid.Apply(x);
        return dy * s * (Vector<float>.One + (x * (Vector<float>.One - s)));
    }
}
