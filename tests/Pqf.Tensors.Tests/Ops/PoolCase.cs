namespace Pqf.Tensors.Tests.Ops;

/// <summary>A pooling: x [N, H, W, C] and its window.</summary>
public sealed record PoolCase(Shape X, Pair Kernel, Pair Stride, Pair Padding)
{
    public static PoolCase[] All { get; } =
    [
        new([0, 4, 4, 3], 2, 2, 0),
        new([2, 4, 4, 0], 2, 2, 0),
        new([1, 1, 1, 1], 1, 1, 0),
        new([1, 5, 7, 7], 3, 1, 1),
        new([2, 13, 10, 5], 3, 2, 1),
        new([1, 6, 5, 8], 2, 2, 0),
        new([1, 6, 5, 15], 2, 3, 1),
        new([1, 6, 5, 16], 3, 2, 1),
        new([1, 6, 5, 17], 3, 2, 1),
        new([1, 7, 4, 33], 1, 2, 0),
        new([1, 8, 9, 6], new Pair(3, 2), new Pair(2, 1), new Pair(1, 0)),
        new([1, 9, 8, 5], new Pair(1, 4), new Pair(3, 2), new Pair(0, 2)),
        new([2, 28, 28, 64], 3, 2, 1),
    ];
}
