using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>scale · x + shift: sums, differences, products and quotients with a number.</summary>
/// <param name="Scale">Any number.</param>
/// <param name="Shift">Any number.</param>
public readonly record struct Affine(float Scale, float Shift) : IUnaryOpWithOptions
{
    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Nothing;

    /// <inheritdoc/>
    public float Apply(float x) => (x * Scale) + Shift;

    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x) => (x * Scale) + new Vector<float>(Shift);

    /// <inheritdoc/>
    public float Pullback(float read, float dy) => dy * Scale;

    /// <inheritdoc/>
    public Vector<float> Pullback(Vector<float> read, Vector<float> dy) => dy * Scale;
}
