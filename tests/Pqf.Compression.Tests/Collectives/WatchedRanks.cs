using Pqf.Compression.Collectives;

namespace Pqf.Compression.Tests.Collectives;

/// <summary>Ranks that note what threads other than the first one exchange.</summary>
sealed class WatchedRanks(ICollective inner) : ICollective, IDisposable
{
    readonly int first = Environment.CurrentManagedThreadId;
    readonly ManualResetEventSlim isDone = new();

    /// <summary>Whether another thread has exchanged anything.</summary>
    public bool HasOther => isDone.IsSet;

    /// <summary>The exchange of other threads, counted from 0, that ranks are missing in.</summary>
    public int MissingIn { get; init; } = int.MaxValue;

    /// <summary>Exchanges of other threads.</summary>
    public int OtherCount { get; private set; }

    /// <summary>Exchanges that came after ranks were missing.</summary>
    public int CountAfterMissing { get; private set; }

    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public int LocalRank => inner.LocalRank;

    public bool AllowsOtherThreads { get; init; } = true;

    public ICollective? BesideWork(Func<bool> isComputing) => AllowsOtherThreads ? this : null;

    /// <summary>Waits until another thread has exchanged something.</summary>
    public bool WaitForOther() => isDone.Wait(TimeSpan.FromSeconds(30));

    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        Note();
        inner.AllGather(mine, all);
        if (first != Environment.CurrentManagedThreadId)
            isDone.Set();
    }

    public void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received)
    {
        Note();
        inner.AllToAll(mine, received);
    }

    public void Broadcast(Span<byte> bytes, int root)
    {
        Note();
        inner.Broadcast(bytes, root);
    }

    public void Barrier() => inner.Barrier();

    public void Abort(int code) => inner.Abort(code);

    public void Dispose() => isDone.Dispose();

    void Note()
    {
        if (OtherCount > MissingIn)
            CountAfterMissing++;
        if (first != Environment.CurrentManagedThreadId && OtherCount++ == MissingIn)
            throw new RanksMissingException("rank 7 has not come");
    }
}
