using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x from one number to another; NaN stays NaN. <see cref="Tail.Clamp"/> is its fused form.</summary>
/// <param name="Low">Smallest value that passes; −∞ for none.</param>
/// <param name="High">Largest value that passes, not below the smallest; ∞ for none.</param>
public readonly record struct Clip(float Low, float High) : IUnaryOpWithOptions
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <inheritdoc/>
    public float Apply(float x) => Bounds.Clamp(x, Low, High);

    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x) => new Bounds(Low, High).Apply(x);

    /// <summary>Slope 0 at both ends, as ReLU6 has it in PyTorch; a gradient passes NaN.</summary>
    public float Pullback(float y, float dy) => Bounds.Pullback(y, dy, Low, High);

    /// <inheritdoc/>
    public Vector<float> Pullback(Vector<float> y, Vector<float> dy) => new Bounds(Low, High).Pullback(y, dy);
}
