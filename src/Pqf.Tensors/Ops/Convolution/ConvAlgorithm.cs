namespace Pqf.Tensors.Ops.Convolution;

/// <summary>How a convolution is computed. All cases give the same function; they differ in time, memory and rounding.</summary>
public enum ConvAlgorithm
{
    /// <summary>One product over gathered rows: any convolution on any device, weights of their own size.</summary>
    Gathered,

    /// <summary>
    /// Winograd's F(2 × 2, 3 × 3), on the host: 2¼ times fewer products, weights 16/9 as large. Its largest error is at most 2·10⁻⁶ of the
    /// largest output (WinogradTests).
    /// A value that is not finite reaches every output that depends on it and may reach others of the 2 × 2 outputs it is computed with,
    /// none beyond.
    /// </summary>
    Winograd2,

    /// <summary>
    /// Winograd's F(4 × 4, 3 × 3), on the host and on GPUs: 4 times fewer products, weights 4 times as large. On the host tiles of 3 fill
    /// what tiles of 4 do not. Its largest error is at most 2·10⁻⁵ of the largest output, and as a part of the largest gradient that of
    /// the input's and the weight's (WinogradTests, GpuWinogradTests, WinogradPullbackTests).
    /// Values that are not finite spread as in <see cref="Winograd2"/>, over 4 × 4 outputs.
    /// </summary>
    Winograd4,

    /// <summary>
    /// Winograd's F(3 × 3, 4 × 4) on the four phases of a 7 × 7 convolution of stride 2 over three channels, on the host: 3.6 times fewer
    /// products, weights 2.5 times as large. Its largest error is at most 5·10⁻⁶ of the largest output (StemTests).
    /// Values that are not finite spread as in <see cref="Winograd2"/>, over 3 × 3 outputs. Forward only.
    /// </summary>
    WinogradStem,
}
