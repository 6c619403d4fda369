using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Moves channels between the last axis, where ops keep them, and the second, where files and PyTorch keep them.</summary>
public static partial class ChannelOrder
{
    /// <summary>[N, C, H, W] to [N, H, W, C].</summary>
    /// <exception cref="ShapeException">x has not four axes.</exception>
    public static Tensor<float> ToChannelsLast(Tensor<float> x)
    {
        var s = Shapes.Rank("ToChannelsLast", "x [N, C, H, W]", x.Shape, 4);
        return Swap(x, s[0], s[1], s[2] * s[3], [s[0], s[2], s[3], s[1]]);
    }

    /// <summary>[N, H, W, C] to [N, C, H, W].</summary>
    /// <exception cref="ShapeException">x has not four axes.</exception>
    public static Tensor<float> ToChannelsFirst(Tensor<float> x)
    {
        var s = Shapes.Rank("ToChannelsFirst", "x [N, H, W, C]", x.Shape, 4);
        return Swap(x, s[0], s[1] * s[2], s[3], [s[0], s[3], s[1], s[2]]);
    }

    /// <summary>As <see cref="ToChannelsFirst"/>, into a given tensor of as many elements.</summary>
    internal static void ToChannelsFirstInto(Tensor<float> x, Tensor<float> y)
    {
        var s = Shapes.Rank("ToChannelsFirst", "x [N, H, W, C]", x.Shape, 4);
        Shapes.Same("ToChannelsFirst", [s.Count], [y.Shape.Count]);
        Shapes.SameDevice("ToChannelsFirst", x.Device, y);
        SwapInto(x, s[0], s[1] * s[2], s[3], y);
    }

    /// <summary>[n, rows, columns] to [n, columns, rows].</summary>
    static Tensor<float> Swap(Tensor<float> x, int n, int rows, int columns, Shape result)
    {
        var y = Tensor<float>.Rent(x.Device, result);
        SwapInto(x, n, rows, columns, y);
        return y;
    }

    static void SwapInto(Tensor<float> x, int n, int rows, int columns, Tensor<float> y)
    {
        if (x.Device is HostDevice host)
            Host(host, x, n, rows, columns, y);
        else
            Gpu((GpuDevice)x.Device, x, n, rows, columns, y);
    }
}
