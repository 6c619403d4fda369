namespace Pqf.Tensors.Devices.Host;

/// <summary>Memory for the length of a call, from the device's pool.</summary>
readonly unsafe ref struct Workspace<T>
    where T : unmanaged
{
    readonly HostDevice host;
    readonly long sizeBytes;

    public Workspace(HostDevice host, long count)
    {
        this.host = host;
        sizeBytes = HostMemoryPool.RoundUp(count * sizeof(T));
        Pointer = (T*)host.Pool.Rent(sizeBytes);
    }

    public readonly T* Pointer;

    public void Dispose() => host.Pool.Return((nint)Pointer, sizeBytes);
}
