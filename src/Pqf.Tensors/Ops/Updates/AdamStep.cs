namespace Pqf.Tensors.Ops.Updates;

/// <summary>Settings of one step of Adam; the corrections of its averages' start are in them.</summary>
/// <param name="Beta1">Decay of the average of gradients.</param>
/// <param name="Beta2">Decay of the average of squared gradients.</param>
/// <param name="StepSize">Learning rate / (1 − Beta1^t).</param>
/// <param name="RootScale">1 / √(1 − Beta2^t).</param>
/// <param name="Eps">Added to the root.</param>
public readonly record struct AdamStep(float Beta1, float Beta2, float StepSize, float RootScale, float Eps);
