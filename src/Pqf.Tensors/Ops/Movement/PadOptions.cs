namespace Pqf.Tensors.Ops.Movement;

/// <summary>What is added around images.</summary>
/// <param name="Start">Rows above and columns on the left.</param>
/// <param name="End">Rows below and columns on the right.</param>
public sealed record PadOptions(Pair Start, Pair End)
{
    /// <summary>What the added pixels hold.</summary>
    public PadMode Mode { get; init; }

    /// <summary>The number of <see cref="PadMode.Constant"/>.</summary>
    public float Value { get; init; }
}

/// <summary>What pixels around an image hold.</summary>
public enum PadMode
{
    /// <summary>One number.</summary>
    Constant,

    /// <summary>The image mirrored at its outermost pixels, which are not repeated.</summary>
    Reflect,

    /// <summary>The nearest pixel of the image.</summary>
    Edge,
}
