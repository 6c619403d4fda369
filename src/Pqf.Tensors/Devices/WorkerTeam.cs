namespace Pqf.Tensors.Devices;

/// <summary>The host's threads: the caller is thread 0.</summary>
sealed class WorkerTeam(int threadCount) : IDisposable
{
    public int ThreadCount { get; } = threadCount;

    public void Run<TWork>(int itemCount, TWork work)
        where TWork : unmanaged, IHostWork
    {
        ObjectDisposedException.ThrowIf(ThreadCount == 0, this);
        for (int item = 0; item < itemCount; item++)
            work.Invoke(item, 0);
    }

    public void Dispose()
    {
    }
}
