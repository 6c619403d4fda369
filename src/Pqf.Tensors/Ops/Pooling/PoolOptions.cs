namespace Pqf.Tensors.Ops.Pooling;

/// <summary>How a pooling's window moves over its input, in PyTorch's words.</summary>
public sealed record PoolOptions
{
    /// <summary>Steps between windows; at least 1.</summary>
    public Pair Stride { get; init; } = 1;

    /// <summary>Pixels added above and on the left; less than the window reaches.</summary>
    public Pair Padding { get; init; }

    /// <summary>Pixels added below and on the right; by default as many as <see cref="Padding"/>.</summary>
    public Pair? EndPadding { get; init; }

    /// <summary>Steps between neighbouring pixels of a window; at least 1.</summary>
    public Pair Dilation { get; init; } = 1;

    /// <summary>Whether a last window may reach beyond the padded input, as long as it begins before its end.</summary>
    public bool CeilMode { get; init; }
}
