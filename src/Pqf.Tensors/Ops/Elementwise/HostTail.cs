namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A <see cref="Tail"/> as the host's kernels take it. The default changes nothing.</summary>
readonly unsafe struct HostTail(Bounds bounds, delegate* <float*, int, nint, int, void> function)
{
    /// <summary>Applied before a result is stored.</summary>
    public readonly Bounds Bounds = bounds;

    /// <summary>See <see cref="TailFunction.Rows"/>; null for none.</summary>
    readonly delegate* <float*, int, nint, int, void> function = function;

    /// <summary>Replaces finished values by the function's, while they are in the cache.</summary>
    /// <param name="y">The first one.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="columns">Values of a row.</param>
    public void Finish(float* y, int rows, nint stride, int columns)
    {
        if (function != null)
            function(y, rows, stride, columns);
    }
}
