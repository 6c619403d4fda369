namespace Pqf.Tensors.Ops.Convolution.Transposed;

/// <summary>How a transposed convolution's kernel moves over its output, in PyTorch's words.</summary>
public sealed record ConvTranspose2dOptions
{
    /// <summary>Steps of the output between neighbouring inputs; at least 1.</summary>
    public Pair Stride { get; init; } = 1;

    /// <summary>Rows and columns of the output cut off on each side; 0 or more.</summary>
    public Pair Padding { get; init; }

    /// <summary>Rows and columns added at the end of the output; 0 or more, below the stride.</summary>
    public Pair OutputPadding { get; init; }

    /// <summary>The convolution whose input's gradient this is.</summary>
    internal Conv2dOptions Convolution => new() { Stride = Stride, Padding = Padding };
}
