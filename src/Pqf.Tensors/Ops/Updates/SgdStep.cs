namespace Pqf.Tensors.Ops.Updates;

/// <summary>Settings of one step of gradient descent.</summary>
/// <param name="LearningRate">Step along the velocity.</param>
/// <param name="Momentum">Share of the velocity that stays; 0 for none.</param>
/// <param name="WeightDecay">Share of the parameter added to its gradient; 0 for none.</param>
public readonly record struct SgdStep(float LearningRate, float Momentum, float WeightDecay);
