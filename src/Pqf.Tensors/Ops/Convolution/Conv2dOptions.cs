namespace Pqf.Tensors.Ops.Convolution;

/// <summary>How a convolution's kernel moves over its input, in PyTorch's words.</summary>
public sealed record Conv2dOptions
{
    /// <summary>Steps between neighbouring outputs; at least 1.</summary>
    public Pair Stride { get; init; } = 1;

    /// <summary>Zeros added on each side; 0 or more.</summary>
    public Pair Padding { get; init; }

    /// <summary>Steps between neighbouring taps; at least 1.</summary>
    public Pair Dilation { get; init; } = 1;

    /// <summary>Independent convolutions side by side; divides both channel counts.</summary>
    public int Groups { get; init; } = 1;
}
