namespace Pqf.Tensors.Ops.Convolution;

/// <summary>How a convolution's kernel moves over its input, in PyTorch's words.</summary>
public sealed record Conv2dOptions
{
    /// <summary>Steps between neighbouring outputs; at least 1.</summary>
    public Pair Stride { get; init; } = 1;

    /// <summary>Zeros added above and on the left, and on the other sides too where <see cref="EndPadding"/> does not differ; 0 or
    /// more.</summary>
    public Pair Padding { get; init; }

    /// <summary>Zeros added below and on the right, where they are not as many as above and on the left.</summary>
    public Pair? EndPadding { get; init; }

    /// <summary>Steps between neighbouring taps; at least 1.</summary>
    public Pair Dilation { get; init; } = 1;

    /// <summary>Independent convolutions side by side; divides both channel counts.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Zeros added below and on the right.</summary>
    internal Pair End => EndPadding ?? Padding;

    /// <summary>Whether opposite sides are padded differently.</summary>
    internal bool IsUneven => End != Padding;
}
