namespace Pqf.Tensors.Devices;

/// <summary>A stretch of time in which one thread uses a device; ended by <see cref="Dispose"/>.</summary>
/// <remarks>Stretches of one thread may lie within each other. A device passes from thread to thread between them.</remarks>
internal readonly ref struct DeviceUse
{
    readonly ref int user;
    readonly bool isOutermost;

    /// <summary>Begins a stretch.</summary>
    /// <param name="user">Number of the thread that uses the device; 0 for none.</param>
    /// <exception cref="InvalidOperationException">Another thread is at it.</exception>
    internal DeviceUse(ref int user)
    {
        int own = Environment.CurrentManagedThreadId,
            other = Interlocked.CompareExchange(ref user, own, 0);
        if (other != 0 && other != own)
            throw new InvalidOperationException(
                $"Device: used by two threads at once, {other} and {own}; give each a device and a plan of its own, or let them take turns"
            );
        this.user = ref user;
        isOutermost = other == 0;
    }

    /// <summary>Ends the stretch.</summary>
    public void Dispose()
    {
        if (isOutermost)
            Volatile.Write(ref user, 0);
    }
}
