using System.Collections.Immutable;

namespace Pqf.Nets.Onnx;

/// <summary>Axes of values as they lie in our memory and in ONNX: values of four axes are [N, H, W, C] here and [N, C, H, W] there, all
/// others are alike.</summary>
static class OnnxLayout
{
    /// <summary>Axes of [N, H, W, C] in the order [N, C, H, W].</summary>
    public static ImmutableArray<int> ToChannelsFirst { get; } = [0, 3, 1, 2];

    /// <summary>Axes of [N, C, H, W] in the order [N, H, W, C].</summary>
    public static ImmutableArray<int> ToChannelsLast { get; } = [0, 2, 3, 1];

    /// <summary>The ONNX axis of an axis in memory.</summary>
    public static int Axis(int rank, int memoryAxis) =>
        rank != 4 ? memoryAxis
        : memoryAxis == 3 ? 1
        : memoryAxis == 0 ? 0
        : memoryAxis + 1;

    /// <summary>The axis in memory of an ONNX axis.</summary>
    public static int MemoryAxis(int rank, int axis) =>
        rank != 4 ? axis
        : axis == 1 ? 3
        : axis == 0 ? 0
        : axis - 1;
}
