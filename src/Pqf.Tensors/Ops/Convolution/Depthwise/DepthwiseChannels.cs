using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A pointwise convolution and the depthwise one that reads its value, some channels at a time: a range of channels is computed
/// and read by one thread, and stays in its second-level cache.</summary>
/// <remarks>An item is a range of channels of one image. Nothing is computed twice. All values are those of the convolutions one after
/// the other, to the bit.</remarks>
readonly unsafe struct DepthwiseChannels<S, V>(ChannelSizes sizes, PointwisePart first, DepthwiseRows depthwise, float* x, byte* scratch)
    : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    readonly DepthwiseGeometry geometry = sizes.Geometry;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        var g = geometry.G;
        int n = item / sizes.Ranges,
            range = item % sizes.Ranges,
            channel = sizes.FirstChannel(range),
            end = sizes.FirstChannel(range + 1),
            pixels = g.H * g.W;
        float* value = (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes) + HostDevice.RoomAt);
        first.Run<S, V>(x + ((nint)n * pixels * first.InChannels), pixels, channel, end, null, value, scratch, thread);
        var reader = depthwise with { X = value - channel, XStride = end - channel, FirstChannel = channel, EndChannel = end };
        nint row = (nint)g.InputRow(0, 0) * g.W * reader.XStride,
            to = (nint)n * geometry.OutH * geometry.OutW * g.InChannels;
        reader.Rows(0, geometry.OutH, row, to);
    }
}
