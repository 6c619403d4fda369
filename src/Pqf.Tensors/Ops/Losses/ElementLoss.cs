using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Losses that are sums over elements.</summary>
static partial class ElementLoss
{
    /// <summary>factor · Σ loss, of no axes; 0 of no elements.</summary>
    public static Tensor<float> Forward<TLoss>(string op, TLoss loss, Tensor<float> x, Tensor<float> target, float factor)
        where TLoss : unmanaged, IElementLoss
    {
        Check(op, x, target);
        using var scope = x.Device.BeginScope();
        var sum = scope.Keep(Tensor<float>.Zeros(x.Device, new Shape()));
        if (x.Shape.Count == 0)
            return sum;
        if (x.Device is HostDevice host)
            Host(host, loss, x, target, factor, sum);
        else
            Gpu((GpuDevice)x.Device, loss, x, target, factor, sum);
        return sum;
    }

    /// <summary>dx = slope · factor · dloss.</summary>
    public static Tensor<float> Pullback<TLoss>(
        string op,
        TLoss loss,
        Tensor<float> x,
        Tensor<float> target,
        float factor,
        Tensor<float> dLoss
    )
        where TLoss : unmanaged, IElementLoss
    {
        Check(op, x, target);
        Shapes.Same(op, new Shape(), dLoss.Shape);
        Shapes.SameDevice(op, x.Device, dLoss);
        var dx = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            PullbackHost(host, loss, x, target, factor, dLoss, dx);
        else
            ((GpuDevice)x.Device).Launch(x.Shape.Count, new PullbackKernel<TLoss>(loss, x.View, target.View, dLoss.View, dx.View, factor));
        return dx;
    }

    static void Check(string op, Tensor<float> x, Tensor<float> target)
    {
        Shapes.Same(op, x.Shape, target.Shape);
        Shapes.SameDevice(op, x.Device, target);
    }
}
