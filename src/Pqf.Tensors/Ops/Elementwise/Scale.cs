using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A tensor times a number. Its own pull-back: dx = factor · dy.</summary>
public static partial class Scale
{
    /// <summary>y = factor · x.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">Any number.</param>
    /// <returns>The same shape.</returns>
    public static Tensor<float> Forward(Tensor<float> x, float factor)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            Host(host, x, factor, y);
        else
            ((GpuDevice)x.Device).Launch(x.Shape.Count, new Kernel(x.View, y.View, factor));
        return y;
    }
}
