using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x · clamp(x / 6 + 1/2, 0, 1). Source: Howard et al. 2019 (MobileNet V3), section 5.2.</summary>
public readonly struct HardSwish : IUnaryOp
{
    const float Sixth = 1f / 6,
        Third = 1f / 3;

    /// <summary>The function falls and then rises, so its value alone does not give its slope.</summary>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public static float Apply(float x) => x * Bounds.Clamp((x * Sixth) + 0.5f, 0f, 1f);

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x)
    {
        var gate = (x * Sixth) + new Vector<float>(0.5f);
        gate = Vector.ConditionalSelect(Vector.LessThan(gate, Vector<float>.Zero), Vector<float>.Zero, gate);
        gate = Vector.ConditionalSelect(Vector.GreaterThan(gate, Vector<float>.One), Vector<float>.One, gate);
        return x * gate;
    }

    /// <summary>0 below −3, 1 above 3, x / 3 + 1/2 between them, ends included, as in PyTorch.</summary>
    public static float Pullback(float x, float dy) =>
        float.IsNaN(x) ? x
        : x < -3f ? 0f
        : x > 3f ? dy
        : dy * ((x * Third) + 0.5f);

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var dx = dy * ((x * Third) + new Vector<float>(0.5f));
        dx = Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(-3f)), Vector<float>.Zero, dx);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(3f)), dy, dx);
    }
}
