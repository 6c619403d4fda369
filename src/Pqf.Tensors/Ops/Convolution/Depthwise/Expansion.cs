using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A pointwise convolution as the kernel takes it that runs it together with a depthwise one.</summary>
/// <param name="x">[N, H, W, K].</param>
/// <param name="inChannels">K.</param>
/// <param name="panels">Its packed weights.</param>
/// <param name="bias">[C], padded to whole panels, or null.</param>
/// <param name="tail">Applied to its value.</param>
readonly unsafe struct Expansion(float* x, int inChannels, float* panels, float* bias, HostTail tail)
{
    public readonly float* X = x,
        Panels = panels,
        Bias = bias;
    public readonly int InChannels = inChannels;
    public readonly HostTail Tail = tail;
}
