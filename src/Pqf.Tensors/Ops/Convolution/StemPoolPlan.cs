using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>A network's first convolution and the max pooling behind it, run together on the host: to the bit what they give one after
/// the other.</summary>
/// <param name="Convolution">The convolution.</param>
/// <param name="Tail">Applied to its value.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Options">Of the pooling.</param>
sealed record StemPoolPlan(Conv2dPlan Convolution, Tail Tail, Pair Kernel, PoolOptions Options)
{
    // Bands for each thread, so that one that is late leaves little behind; each computes a row or two that the next one has as well.
    const int BandsPerThread = 2;

    /// <summary>Whether a device runs the two together, and gains by it.</summary>
    /// <param name="device">Where both run.</param>
    /// <param name="x">[N, H, W, C], the images.</param>
    /// <param name="weight">[O, C, kH, kW].</param>
    /// <param name="options">Of the convolution.</param>
    /// <param name="kernel">The window.</param>
    /// <param name="pool">Of the pooling.</param>
    public static bool Joins(Device device, Shape x, Shape weight, Conv2dOptions options, Pair kernel, PoolOptions pool)
    {
        if (device is not HostDevice || options.IsUneven || !StemRows.Fits(Conv2d.Geometry(x, weight, options)))
            return false;
        var value = Conv2d.OutputShape(x, weight, options);
        return BlockSizes.IsLarge(value) && FitsRoom(PoolWindow.Of("MaxPool2d", value, kernel, pool));
    }

    /// <summary>y = pool(tail(convolution of x)).</summary>
    /// <remarks>Images may be larger than those for which <see cref="Joins"/> was asked: where a window's rows do not fit into a thread's
    /// room, the two run one after the other.</remarks>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="y">[N, H', W', O].</param>
    /// <exception cref="ShapeException">The input or the result does not fit.</exception>
    public void ForwardInto(Tensor<float> x, Tensor<float> y)
    {
        var window = PoolWindow.Of("MaxPool2d", Convolution.OutputShape(x.Shape), Kernel, Options);
        window.CheckOutput("MaxPool2d", y.Shape);
        Shapes.SameDevice("MaxPool2d", Convolution.Device, x, y);
        if (y.Shape.Count == 0)
            return;
        var host = (HostDevice)Convolution.Device;
        if (!FitsRoom(window))
        {
            using var scope = host.BeginScope();
            MaxPool2d.ForwardInto(Convolution.Forward(x, null, Tail), Kernel, Options, y);
            return;
        }

        if (host.Width == VectorWidth.Bits512)
            Run<Simd512, Vector512<float>>(host, window, x, y);
        else
            Run<Simd256, Vector256<float>>(host, window, x, y);
    }

    /// <summary>Whether the rows under a window, and those that the next one adds, fit into a thread's room.</summary>
    static bool FitsRoom(PoolWindow window)
    {
        var g = window.G;
        int rows = ((g.Kernel.H - 1) * g.Dilation.H) + 1 + g.Stride.H;
        return (long)g.W * g.InChannels * sizeof(float) * rows <= HostDevice.RoomSizeBytes;
    }

    unsafe void Run<S, V>(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int images = window.G.N,
            wanted = Math.Clamp(Division.Ceil(BandsPerThread * host.ThreadCount, images), 1, window.OutH),
            bands = Division.EvenParts(wanted, images, host.ThreadCount, window.OutH);
        var stem = Convolution.AsStem(x, Tail.Host);
        host.For(images * bands, new StemPool<S, V>(bands, stem, window, y.Pointer, host.Scratch));
    }
}
