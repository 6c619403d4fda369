using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>Overlap of boxes: the area in common over that of both together.</summary>
public static partial class BoxIou
{
    /// <summary>Overlaps of every box with every other one's.</summary>
    /// <param name="a">[m, 4]: x₁, y₁, x₂, y₂.</param>
    /// <param name="b">[n, 4].</param>
    /// <returns>[m, n], from 0 to 1; 0 for two boxes without area.</returns>
    /// <exception cref="ShapeException">They are not boxes.</exception>
    public static Tensor<float> Forward(Tensor<float> a, Tensor<float> b)
    {
        Box.CheckRows("BoxIou", a.Shape);
        Box.CheckRows("BoxIou", b.Shape);
        Shapes.SameDevice("BoxIou", a.Device, b);
        var iou = Tensor<float>.Rent(a.Device, [a.Shape[0], b.Shape[0]]);
        if (a.Device is HostDevice host)
            Host(host, a, b, iou);
        else
            ((GpuDevice)a.Device).Launch(iou.Shape.Count, new Kernel(a.View, b.View, iou.View, b.Shape[0]));
        return iou;
    }
}
