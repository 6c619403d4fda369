using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>clamp(slope · x + offset, 0, 1).</summary>
/// <param name="Slope">1/6 in PyTorch, 0.2 in Keras.</param>
/// <param name="Offset">1/2 in both.</param>
public readonly record struct HardSigmoid(float Slope, float Offset) : IUnaryOpWithOptions
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <inheritdoc/>
    public float Apply(float x) => Bounds.Clamp((x * Slope) + Offset, 0f, 1f);

    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x) => new Bounds(0f, 1f).Apply((x * Slope) + new Vector<float>(Offset));

    /// <summary>Slope 0 at both ends, as in PyTorch.</summary>
    public float Pullback(float y, float dy) => Bounds.Pullback(y, dy * Slope, 0f, 1f);

    /// <inheritdoc/>
    public Vector<float> Pullback(Vector<float> y, Vector<float> dy) => new Bounds(0f, 1f).Pullback(y, dy * Slope);
}
