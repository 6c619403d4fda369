using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Onnx;

/// <summary>The windows of poolings in ONNX. Instead of ceil mode, whose rules differ from runtime to runtime, padding is written that
/// makes every window whole.</summary>
static class OnnxPooling
{
    /// <summary>The attributes of a window.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">The window.</param>
    /// <param name="options">Stride, padding, ceil mode.</param>
    public static IEnumerable<WireField> Window(Shape x, Pair kernel, PoolOptions options)
    {
        var window = PoolWindow.Of("OnnxPooling", x, kernel, options);
        return OnnxMessages.Window(kernel, options.Stride, options.Padding, options.CeilMode ? window.Overhang : window.End);
    }

    /// <summary>For each window, its pixels as a part of those that count; null where all are whole.</summary>
    /// <inheritdoc cref="Window"/>
    public static float[]? Corrections(Shape x, Pair kernel, PoolOptions options)
    {
        var window = PoolWindow.Of("OnnxPooling", x, kernel, options);
        float[] values = PoolCounts.Corrections(PoolCount.Padded, window);
        return values.All(value => value == 1) ? null : values;
    }
}
