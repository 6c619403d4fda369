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
