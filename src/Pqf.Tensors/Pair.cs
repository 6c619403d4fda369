namespace Pqf.Tensors;

/// <summary>A height and a width: a kernel's size, stride, padding or dilation. An <c>int</c> converts to a square one.</summary>
/// <param name="H">Vertical value.</param>
/// <param name="W">Horizontal value.</param>
public readonly record struct Pair(int H, int W)
{
    /// <summary>Both values equal.</summary>
    public static implicit operator Pair(int both) => new(both, both);

    /// <summary><c>3</c> when square, <c>3×1</c> otherwise.</summary>
    public override string ToString() => H == W ? $"{H}" : $"{H}×{W}";
}
