using ILGPU;
using ILGPU.Runtime;

namespace Pqf.Tensors.Devices;

/// <summary>A block of device memory, linked into the scope that owns it.</summary>
abstract class Storage(Device device, long sizeBytes)
{
    public Device Device { get; } = device;

    public long SizeBytes { get; } = sizeBytes;

    public Scope? Owner { get; set; }

    public Storage? Previous { get; set; }

    public Storage? Next { get; set; }

    /// <summary>Gives the memory back to the device's pool.</summary>
    public abstract void Release();
}

abstract class Storage<T>(Device device, int count, long sizeBytes) : Storage(device, sizeBytes)
    where T : unmanaged
{
    public int Count { get; } = count;

    public abstract void CopyFrom(ReadOnlySpan<T> values);

    public abstract void CopyTo(Span<T> destination);

    public abstract void Clear();
}

/// <summary>Aligned native memory.</summary>
sealed unsafe class HostStorage<T>(HostDevice device, T* pointer, int count, long sizeBytes) : Storage<T>(device, count, sizeBytes)
    where T : unmanaged
{
    public T* Pointer { get; private set; } = pointer;

    public override void CopyFrom(ReadOnlySpan<T> values) => values.CopyTo(new Span<T>(Pointer, Count));

    public override void CopyTo(Span<T> destination) => new ReadOnlySpan<T>(Pointer, Count).CopyTo(destination);

    public override void Clear() => new Span<T>(Pointer, Count).Clear();

    public override void Release()
    {
        device.Pool.Return((nint)Pointer, SizeBytes);
        Pointer = null;
    }
}

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
