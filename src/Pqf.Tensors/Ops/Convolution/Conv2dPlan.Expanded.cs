using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    /// <summary>Whether a device runs a pointwise convolution together with the depthwise one that reads its value, and gains by
    /// it.</summary>
    /// <param name="device">Where both run.</param>
    /// <param name="x">[N, H, W, K].</param>
    /// <param name="first">Weights and options of the first.</param>
    /// <param name="second">Weights and options of the second.</param>
    internal static bool RunsTogether(
        Device device,
        Shape x,
        (Shape Weight, Conv2dOptions Options) first,
        (Shape Weight, Conv2dOptions Options) second
    ) =>
        device is HostDevice
        && first.Options == new Conv2dOptions()
        && first.Weight[2] * first.Weight[3] == 1
        && second.Weight[0] == first.Weight[0]
        && DepthwiseGeometry.Fits(second.Weight, second.Options)
        && ExpandedSizes.Pay(x, first.Weight, second.Weight, second.Options);

    /// <summary>y = tail(this(between(first(x) + bias)) + bias + residual), where this is depthwise and the first pointwise, on the
    /// host: to the bit what both give one after the other.</summary>
    /// <param name="first">The pointwise convolution.</param>
    /// <param name="between">Applied to its value.</param>
    /// <param name="x">[N, H, W, K].</param>
    /// <param name="residual">[N, H', W', C], or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <param name="y">[N, H', W', C]; may be the residual itself but not x.</param>
    internal void ForwardBehindInto(Conv2dPlan first, Tail between, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
    {
        var wide = first.OutputShape(x.Shape);
        var geometry = Conv2d.Geometry(wide, weightShape, options);
        geometry.CheckOutput("Conv2d", y.Shape);
        if (residual is not null)
            Shapes.Same("Conv2d", y.Shape, residual.Shape);
        Shapes.SameDevice("Conv2d", device, x, residual, y);
        Shapes.SameDevice("Conv2d", first.device, x);
        if (y.Shape.Count == 0)
            return;
        var host = (HostDevice)device;
        var depthwise = DepthwiseGeometry.Of(wide, geometry, options);
        if (host.Width == VectorWidth.Bits512)
            RunBehind<Simd512, Vector512<float>>(host, depthwise, first, between, x, residual, tail, y);
        else
            RunBehind<Simd256, Vector256<float>>(host, depthwise, first, between, x, residual, tail, y);
    }

    unsafe void RunBehind<S, V>(
        HostDevice host,
        DepthwiseGeometry geometry,
        Conv2dPlan first,
        Tail between,
        Tensor<float> x,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var sizes = ExpandedSizes.Of(geometry, host.ThreadCount);
        using var room = new Workspace<float>(host, host.ThreadCount * (long)sizes.RoomFloats);
        float* bias = first.packedBias is null ? null : first.packedBias.Pointer;
        var work = new ExpandedRows<S, V>(
            sizes,
            new Expansion(x.Pointer, x.Shape.Last, first.packed.Pointer, bias, between.Host),
            Depthwise(geometry, room.Pointer, residual, tail, y),
            room.Pointer,
            host.Scratch
        );
        host.For(sizes.ItemCount, work);
    }
}
