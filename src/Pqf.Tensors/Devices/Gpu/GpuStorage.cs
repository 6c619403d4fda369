using ILGPU;
using ILGPU.Runtime;

namespace Pqf.Tensors.Devices.Gpu;

/// <summary>A buffer of one ILGPU accelerator.</summary>
sealed class GpuStorage<T>(GpuDevice device, MemoryBuffer1D<byte, Stride1D.Dense> memory, int count)
    : Storage<T>(device, count, memory.LengthInBytes)
    where T : unmanaged
{
    public ArrayView<T> View { get; } = memory.View.BaseView.Cast<T>().SubView(0, count);

    public override void CopyFrom(ReadOnlySpan<T> values) => device.Upload(values, View);

    public override void CopyTo(Span<T> destination) => device.Download(View, destination);

    public override void Clear() => device.Clear(View);

    public override void Release() => device.ReturnToPool(memory);
}
