namespace Pqf.Tensors.Devices;

/// <summary>Owns every tensor made while it is the innermost scope of its device; ending it gives their memory back.</summary>
/// <remarks>Scopes nest and end in reverse order. An iterator never yields inside a scope of its own: <see cref="ScopedIterator"/> closes
/// it meanwhile.</remarks>
public sealed class Scope : IDisposable
{
    readonly Device device;
    Storage? first;
    bool ended;

    internal Scope(Device device, Scope? outer)
    {
        this.device = device;
        Outer = outer;
    }

    internal Scope? Outer { get; private set; }

    /// <summary>Moves a tensor to the enclosing scope: the only way out. A tensor of an outer scope stays where it is.</summary>
    /// <exception cref="InvalidOperationException">There is no enclosing scope.</exception>
    public Tensor<T> Keep<T>(Tensor<T> tensor)
        where T : unmanaged
    {
        KeepStorage(tensor.Storage);
        return tensor;
    }

    /// <summary>Moves several tensors to the enclosing scope.</summary>
    public void KeepAll(IEnumerable<ITensor> tensors)
    {
        foreach (var tensor in tensors)
            KeepStorage(tensor.Storage);
    }

    /// <summary>Gives every tensor made in this scope, and not kept, back to the device.</summary>
    /// <exception cref="InvalidOperationException">A scope opened later is still open.</exception>
    public void Dispose()
    {
        if (ended)
            return;
        device.End(this);
        ended = true;
        while (first is { } storage)
        {
            Disown(storage);
            device.Return(storage);
        }
    }

    /// <summary>Closes the scope, which must be the innermost; its tensors live on.</summary>
    internal void Suspend() => device.End(this);

    /// <summary>Opens the scope again, within the one that is innermost now.</summary>
    internal void Resume() => Outer = device.Reopen(this);

    internal void Own(Storage storage)
    {
        storage.Owner = this;
        storage.Previous = null;
        storage.Next = first;
        if (first is not null)
            first.Previous = storage;
        first = storage;
    }

    void KeepStorage(Storage storage)
    {
        if (storage.Owner != this)
            return;
        var outer = Outer ?? throw new InvalidOperationException("Scope.Keep: expected an enclosing scope, but this is the outermost");
        Disown(storage);
        outer.Own(storage);
    }

    internal void Disown(Storage storage)
    {
        if (storage.Previous is { } previous)
            previous.Next = storage.Next;
        else
            first = storage.Next;
        if (storage.Next is { } next)
            next.Previous = storage.Previous;
        storage.Owner = null;
        storage.Previous = storage.Next = null;
    }
}
