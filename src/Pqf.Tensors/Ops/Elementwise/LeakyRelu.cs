using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x above 0, a multiple of x below.</summary>
/// <param name="Slope">The factor below 0.</param>
public readonly record struct LeakyRelu(float Slope) : IUnaryOpWithOptions
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Input;

    /// <inheritdoc/>
    public float Apply(float x) =>
        float.IsNaN(x) ? x
        : x < 0f ? Slope * x
        : x;

    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), x * Slope, x);

    /// <summary>The gradient. At 0 it has the slope of negative values, as in PyTorch; where x is NaN the gradient passes.</summary>
    public float Pullback(float x, float dy) =>
        float.IsNaN(x) ? dy
        : x > 0f ? dy
        : Slope * dy;

    /// <inheritdoc/>
    public Vector<float> Pullback(Vector<float> x, Vector<float> dy) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(x, Vector<float>.Zero), dy * Slope, dy);
}
