namespace Pqf.Tensors.Devices;

/// <summary>The processor: native memory, vector instructions, all cores. Creates no ILGPU context.</summary>
public sealed class HostDevice : Device
{
    readonly WorkerTeam team;

    /// <summary>A host device.</summary>
    /// <param name="threadCount">Threads that ops run on; 0 takes one per logical processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public HostDevice(int threadCount = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        team = new WorkerTeam(threadCount == 0 ? Environment.ProcessorCount : threadCount);
    }

    /// <inheritdoc/>
    public override string Name => $"host, {ThreadCount} threads";

    /// <summary>Threads that ops run on.</summary>
    public int ThreadCount => team.ThreadCount;

    internal HostMemoryPool Pool { get; } = new();

    /// <summary>Runs items 0 … itemCount−1, each once, on all threads; returns when all are done.</summary>
    /// <remarks>
    /// What an item computes never depends on the number of threads: work is cut by fixed sizes, so that one input gives one result.
    /// Items must not throw. No managed allocation.
    /// </remarks>
    internal void For<TWork>(int itemCount, TWork work)
        where TWork : unmanaged, IHostWork => team.Run(itemCount, work);

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <inheritdoc/>
    public override void TrimPool() => Pool.Trim();

    private protected override unsafe Storage<T> Allocate<T>(int count)
    {
        long sizeBytes = HostMemoryPool.RoundUp((long)count * sizeof(T));
        return new HostStorage<T>(this, (T*)Pool.Rent(sizeBytes), count, sizeBytes);
    }

    private protected override void DisposeCore() => team.Dispose();
}

/// <summary>A loop's body on the host: a struct of pointers and sizes.</summary>
interface IHostWork
{
    /// <summary>Computes one item.</summary>
    /// <param name="item">Which item.</param>
    /// <param name="thread">Which thread runs it, below the device's thread count: for scratch memory only, never for results.</param>
    void Invoke(int item, int thread);
}
