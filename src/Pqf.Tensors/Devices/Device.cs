namespace Pqf.Tensors.Devices;

/// <summary>Where tensors live and ops run: the host or one GPU. Used by one thread at a time; two at once are an
/// <see cref="InvalidOperationException"/>.</summary>
public abstract class Device : IDisposable
{
    Scope? innermost;
    int user;

    private protected Device() { }

    /// <summary>For a person: the kind and name of the hardware.</summary>
    public abstract string Name { get; }

    /// <summary>Tensors' memory blocks now owned by open scopes.</summary>
    public int LiveBuffers { get; private set; }

    /// <summary>Bytes of those blocks.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Opens a scope: tensors made from now on belong to it.</summary>
    /// <exception cref="InvalidOperationException">Another thread uses the device.</exception>
    public Scope BeginScope()
    {
        using var use = Use();
        return innermost = new Scope(this, innermost);
    }

    /// <summary>Keeps other threads out until the result is disposed.</summary>
    /// <exception cref="InvalidOperationException">Another thread uses the device.</exception>
    internal DeviceUse Use() => new(ref user);

    /// <summary>Waits until everything started on the device is done.</summary>
    public abstract void Synchronize();

    /// <summary>Gives memory that is pooled but not in use back to the system.</summary>
    public abstract void TrimPool();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A scope is still open.</exception>
    public void Dispose()
    {
        if (innermost is not null)
            throw new InvalidOperationException($"Device.Dispose: a scope is still open, with {LiveBuffers} buffers ({LiveBytes} bytes)");
        TrimPool();
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    internal Storage<T> Rent<T>(int count)
        where T : unmanaged
    {
        using var use = Use();
        var scope = innermost ?? throw new InvalidOperationException("Device.Rent: no open scope; wrap the call in device.BeginScope()");
        var storage = Allocate<T>(count);
        LiveBuffers++;
        LiveBytes += storage.SizeBytes;
        scope.Own(storage);
        return storage;
    }

    internal void Return(Storage storage)
    {
        using var use = Use();
        LiveBuffers--;
        LiveBytes -= storage.SizeBytes;
        storage.Release();
    }

    /// <summary>Gives a tensor's memory back before its scope ends. Neither it nor any tensor that shares its memory may be used
    /// again.</summary>
    internal void Release(ITensor tensor)
    {
        var storage = tensor.Storage;
        var owner =
            storage.Owner
            ?? throw new InvalidOperationException("Device.Release: expected a tensor of an open scope; its memory was given back before");
        owner.Disown(storage);
        Return(storage);
    }

    internal void End(Scope scope)
    {
        using var use = Use();
        if (innermost != scope)
            throw new InvalidOperationException("Scope.Dispose: expected the innermost scope; scopes end in reverse order of BeginScope");
        innermost = scope.Outer;
    }

    /// <summary>Makes a scope the innermost one; gives the one that was.</summary>
    internal Scope? Reopen(Scope scope)
    {
        using var use = Use();
        var outer = innermost;
        innermost = scope;
        return outer;
    }

    private protected abstract Storage<T> Allocate<T>(int count)
        where T : unmanaged;

    private protected abstract void DisposeCore();
}
