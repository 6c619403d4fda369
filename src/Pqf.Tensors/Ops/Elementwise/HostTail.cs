namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A <see cref="Tail"/> as the host's kernels take it. The default changes nothing.</summary>
readonly unsafe struct HostTail(Bounds bounds, delegate* <ulong, float*, nint, float*, nint, int, int, void> function, ulong options)
{
    /// <summary>Applied before a result is stored.</summary>
    public readonly Bounds Bounds = bounds;

    /// <summary>See <see cref="TailFunction.Rows"/>; null for none.</summary>
    readonly delegate* <ulong, float*, nint, float*, nint, int, int, void> function = function;

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
            function(options, y, stride, y, stride, rows, columns);
    }

    /// <summary>Writes the function of values elsewhere; only where <see cref="HasFunction"/>.</summary>
    /// <param name="from">The first value.</param>
    /// <param name="fromStride">Floats from one row to the next.</param>
    /// <param name="to">Where its result goes.</param>
    /// <param name="toStride">Floats from one row of results to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Values of a row.</param>
    public void Move(float* from, nint fromStride, float* to, nint toStride, int rows, int columns) =>
        function(options, from, fromStride, to, toStride, rows, columns);
}
