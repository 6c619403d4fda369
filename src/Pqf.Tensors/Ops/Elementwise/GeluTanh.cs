using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x · (1 + tanh(u)) / 2 with u = √(2/π) · (x + 0.044715 x³): <see cref="Gelu"/> approximated. Source: Hendrycks and Gimpel 2016,
/// arXiv 1606.08415, section 2.</summary>
/// <remarks>Computed as x · sigmoid(2u).</remarks>
public readonly struct GeluTanh : IUnaryOp
{
    // 2√(2/π), and the same times 0.044715
    const float Linear = 1.5957691f,
        Cubic = 0.071354814f;

    /// <summary>The function falls and then rises, so its value alone does not give its slope.</summary>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public static float Apply(float x) => x / (1f + MathF.Exp(-x * (Linear + (x * x * Cubic))));

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) =>
        x / (Vector<float>.One + ShortExp.Of(-x * (new Vector<float>(Linear) + (x * x * Cubic))));

    /// <summary>Slope s + x · s · (1 − s) · 2u′ with s = sigmoid(2u).</summary>
    public static float Pullback(float x, float dy)
    {
        float s = 1f / (1f + MathF.Exp(-x * (Linear + (x * x * Cubic)))),
            rest = 1f - s;
        // Far out the product of 0 and an infinite square would be NaN.
        return rest * s > 0f ? dy * s * (1f + (x * rest * (Linear + (x * x * (3f * Cubic))))) : dy * s;
    }

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var s = Vector<float>.One / (Vector<float>.One + ShortExp.Of(-x * (new Vector<float>(Linear) + (x * x * Cubic))));
        var rest = Vector<float>.One - s;
        var inner = dy * s * (Vector<float>.One + (x * rest * (new Vector<float>(Linear) + (x * x * (3f * Cubic)))));
        return Vector.ConditionalSelect(Vector.GreaterThan(rest * s, Vector<float>.Zero), inner, dy * s);
    }
}
