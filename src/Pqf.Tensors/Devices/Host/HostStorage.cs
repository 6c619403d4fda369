namespace Pqf.Tensors.Devices.Host;

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
