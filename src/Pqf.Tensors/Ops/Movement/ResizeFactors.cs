namespace Pqf.Tensors.Ops.Movement;

/// <summary>Output pixels for an input pixel, above 0.</summary>
/// <param name="H">Of rows.</param>
/// <param name="W">Of columns.</param>
public readonly record struct ResizeFactors(float H, float W);
