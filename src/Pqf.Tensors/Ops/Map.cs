using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>A function of one number, in a scalar form for both devices and a vector form for the host.</summary>
public interface IUnaryOp
{
    /// <summary>One number. Also compiled for the GPU.</summary>
    static abstract float Apply(float x);

    /// <summary>A vector of the processor's usual width.</summary>
    static abstract Vector<float> Apply(Vector<float> x);
}

/// <summary>max(x, 0); NaN stays NaN.</summary>
public readonly struct Relu : IUnaryOp
{
    /// <inheritdoc/>
    public static float Apply(float x) => float.IsNaN(x) ? x : x < 0f ? 0f : x; // NaN first: GPU compilers may take a comparison with NaN as true

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);
}

/// <summary>Element by element.</summary>
public static partial class Map
{
    /// <summary>y = f(x).</summary>
    /// <typeparam name="TOp">f, such as <see cref="Relu"/>.</typeparam>
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public static Tensor<float> Forward<TOp>(Tensor<float> x)
        where TOp : unmanaged, IUnaryOp
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto<TOp>(x, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto<TOp>(Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp
    {
        Shapes.Same("Map", x.Shape, y.Shape);
        Shapes.SameDevice("Map", x.Device, y);
        if (x.Device is HostDevice host)
            Host<TOp>(host, x, y);
        else
            Gpu<TOp>((GpuDevice)x.Device, x, y);
    }
}
