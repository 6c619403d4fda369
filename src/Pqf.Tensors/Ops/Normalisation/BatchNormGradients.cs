namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Gradients of a norm: of its input and its vectors [C], and of the sum before its tail, which is the residual's.</summary>
public sealed record BatchNormGradients(Tensor<float> DX, Tensor<float> DWeight, Tensor<float> DBias, Tensor<float> DSum);
