namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>The outputs of one axis that a tap meets within the input: output q meets position q · stride − padding + tap ·
/// dilation.</summary>
static class DepthwiseTaps
{
    /// <summary>The first such output, and one past the last.</summary>
    /// <param name="tap">The tap.</param>
    /// <param name="length">Positions of the input.</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="stride">Positions from one output to the next.</param>
    /// <param name="padding">Positions before the input.</param>
    /// <param name="dilation">Positions from one tap to the next.</param>
    public static (int First, int End) Outputs(int tap, int length, int outputs, int stride, int padding, int dilation)
    {
        int offset = (tap * dilation) - padding,
            first = offset >= 0 ? 0 : (stride - 1 - offset) / stride,
            end = offset >= length ? 0 : Math.Min(outputs, ((length - 1 - offset) / stride) + 1);
        return (first, Math.Max(first, end));
    }
}
