using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>max(x, 0); NaN stays NaN.</summary>
public readonly struct Relu : IUnaryOp
{
    /// <inheritdoc/>
    public static float Apply(float x) =>
        float.IsNaN(x) ? x
        : x < 0f ? 0f
        : x; // NaN first: GPU compilers may take a comparison with NaN as true

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) =>
        Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);

    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <summary>Slope 0 at 0, as in PyTorch; a gradient passes NaN.</summary>
    public static float Pullback(float y, float dy) =>
        float.IsNaN(y) ? dy
        : y > 0f ? dy
        : 0f;

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(y, Vector<float>.Zero), Vector<float>.Zero, dy);
}
