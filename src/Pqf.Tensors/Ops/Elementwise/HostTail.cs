namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A <see cref="Tail"/> as the host's kernels take it. The default changes nothing.</summary>
readonly unsafe struct HostTail(Bounds bounds, delegate* <ulong, float*, int, nint, int, void> function, ulong options)
{
    /// <summary>Applied before a result is stored.</summary>
    public readonly Bounds Bounds = bounds;

    /// <summary>See <see cref="TailFunction.Rows"/>; null for none.</summary>
    readonly delegate* <ulong, float*, int, nint, int, void> function = function;

    readonly ulong options = options;

    /// <summary>Whether there is a function behind the clamp.</summary>
    public bool HasFunction => function != null;

    /// <summary>Replaces finished values by the function's, while they are in the cache.</summary>
    /// <param name="y">The first one.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="columns">Values of a row.</param>
    public void Finish(float* y, int rows, nint stride, int columns)
    {
        if (function != null)
            function(options, y, rows, stride, columns);
    }
}
