using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>A depthwise convolution and the pointwise ones before and behind it, run together on the host: to the bit what they give one
/// after the other.</summary>
/// <param name="First">The pointwise convolution before it and what is applied to its value, if any.</param>
/// <param name="Depthwise">The depthwise one.</param>
/// <param name="Middle">Applied to the depthwise convolution's value where another is behind it.</param>
/// <param name="Last">The pointwise convolution behind it, if any.</param>
sealed record DepthwiseBlockPlan((Conv2dPlan Plan, Tail Tail)? First, Conv2dPlan Depthwise, Tail Middle, Conv2dPlan? Last)
{
    /// <summary>Whether a device runs a pointwise convolution together with the depthwise one that reads its value, and gains by
    /// it.</summary>
    /// <param name="device">Where both run.</param>
    /// <param name="value">[N, H, W, C], between them.</param>
    /// <param name="pointwise">Weights and options of the first.</param>
    /// <param name="depthwise">Weights and options of the second.</param>
    public static bool Joins(
        Device device,
        Shape value,
        (Shape Weight, Conv2dOptions Options) pointwise,
        (Shape Weight, Conv2dOptions Options) depthwise
    ) =>
        CanRun(device, pointwise, depthwise)
        && (
            ChannelSizes.Pay(value, Conv2dPlan.PanelWidth((HostDevice)device), ((HostDevice)device).ThreadCount)
            || BlockSizes.PayFirst(value, pointwise.Weight, depthwise.Weight, depthwise.Options)
        );

    /// <summary>As <see cref="Joins"/>, for the pointwise convolution behind a depthwise one.</summary>
    /// <param name="device">Where both run.</param>
    /// <param name="value">[N, H', W', C], between them.</param>
    /// <param name="depthwise">Weights and options of the first.</param>
    /// <param name="pointwise">Weights and options of the second.</param>
    public static bool JoinsBehind(
        Device device,
        Shape value,
        (Shape Weight, Conv2dOptions Options) depthwise,
        (Shape Weight, Conv2dOptions Options) pointwise
    ) => CanRun(device, pointwise, depthwise) && BlockSizes.PayLast(value, pointwise.Weight);

    /// <summary>The result's shape for an input.</summary>
    public Shape OutputShape(Shape x) => OutputOf(WideShape(x));

    /// <summary>y = tail(all convolutions of x + residual).</summary>
    /// <param name="x">[N, H, W, K].</param>
    /// <param name="residual">As y, or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <param name="y">[N, H', W', O]; may be the residual itself but not x.</param>
    /// <exception cref="ShapeException">The input or the result does not fit.</exception>
    public void ForwardInto(Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
    {
        var wide = WideShape(x.Shape);
        Shapes.Same("Conv2d", OutputOf(wide), y.Shape);
        if (residual is not null)
            Shapes.Same("Conv2d", y.Shape, residual.Shape);
        Shapes.SameDevice("Conv2d", Depthwise.Device, x, residual, y);
        if (y.Shape.Count == 0)
            return;
        var host = (HostDevice)Depthwise.Device;
        if (host.Width == VectorWidth.Bits512)
            Run<Simd512, Vector512<float>>(host, wide, x, residual, tail, y);
        else
            Run<Simd256, Vector256<float>>(host, wide, x, residual, tail, y);
    }

    /// <summary>What the depthwise convolution reads.</summary>
    Shape WideShape(Shape x) => First is { } first ? first.Plan.OutputShape(x) : x;

    Shape OutputOf(Shape wide)
    {
        var middle = Depthwise.OutputShape(wide);
        return Last is { } last ? last.OutputShape(middle) : middle;
    }

    unsafe void Run<S, V>(HostDevice host, Shape wide, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var geometry = Depthwise.DepthwiseOf(wide);
        if (First is { } narrow && Last is null && ChannelSizes.Fit(wide, 2 * S.Count))
        {
            RunChannels<S, V>(host, geometry, narrow, x, residual, tail, y);
            return;
        }

        var sizes = BlockSizes.Of(geometry, First is not null, Last is not null, host.ThreadCount);
        using var room = new Workspace<float>(host, host.ThreadCount * (long)sizes.RoomFloats);
        float* added = residual is null ? null : residual.Pointer;
        var rows = Depthwise.DepthwiseRows(
            geometry,
            x.Pointer,
            Last is null ? added : null,
            (Last is null ? tail : Middle).Host,
            y.Pointer
        );
        var before = First is { } pointwise ? pointwise.Plan.AsPart(pointwise.Tail.Host) : default;
        var behind = Last is null ? default : Last.AsPart(tail.Host);
        var block = new DepthwiseBlock<S, V>(sizes, before, rows, behind, x.Pointer, y.Pointer, room.Pointer, host.Scratch)
        {
            Residual = Last is null ? null : added,
        };
        host.For(sizes.ItemCount, block);
    }

    unsafe void RunChannels<S, V>(
        HostDevice host,
        DepthwiseGeometry geometry,
        (Conv2dPlan Plan, Tail Tail) first,
        Tensor<float> x,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var sizes = ChannelSizes.Of(geometry, 2 * S.Count, host.ThreadCount);
        var rows = Depthwise.DepthwiseRows(geometry, x.Pointer, residual is null ? null : residual.Pointer, tail.Host, y.Pointer);
        host.For(sizes.ItemCount, new DepthwiseChannels<S, V>(sizes, first.Plan.AsPart(first.Tail.Host), rows, x.Pointer, host.Scratch));
    }

    static bool CanRun(Device device, (Shape Weight, Conv2dOptions Options) pointwise, (Shape Weight, Conv2dOptions Options) depthwise) =>
        device is HostDevice
        && pointwise.Options == new Conv2dOptions()
        && pointwise.Weight[2] * pointwise.Weight[3] == 1
        && DepthwiseGeometry.Fits(depthwise.Weight, depthwise.Options);
}
