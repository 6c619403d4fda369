using Pqf.Compression.Collectives;

namespace Pqf.Compression.Tests.Collectives;

/// <summary>Ranks that are threads of one process.</summary>
sealed class RankThreads : ICollective
{
    readonly Shared shared;

    RankThreads(Shared shared, int rank) => (this.shared, Rank) = (shared, rank);

    public int Rank { get; }

    public int Size => shared.Messages.Length;

    public int LocalRank => Rank;

    public ICollective? BesideWork(Func<bool> isComputing) => this;

    /// <summary>Runs all ranks to the end; what each gave.</summary>
    public static T[] Run<T>(int size, Func<ICollective, T> run)
    {
        using var shared = new Shared(size);
        var results = new T[size];
        var errors = new Exception?[size];
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, size)
                .Select(rank => new Thread(() =>
                {
                    try
                    {
                        results[rank] = run(new RankThreads(shared, rank));
                    }
                    catch (Exception error)
                    {
                        errors[rank] = error;
                        shared.Ended.Cancel();
                    }
                })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (errors.FirstOrDefault(error => error is not null and not EndedException) is { } first)
            throw new AggregateException(first);
        return results;
    }

    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        byte[][] messages = Exchange(mine);
        for (int rank = 0; rank < Size; rank++)
            messages[rank].CopyTo(all[(rank * mine.Length)..]);
        Barrier();
    }

    public void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received)
    {
        byte[][] messages = Exchange(mine);
        int part = mine.Length / Size;
        for (int rank = 0; rank < Size; rank++)
            messages[rank].AsSpan(Rank * part, part).CopyTo(received[(rank * part)..]);
        Barrier();
    }

    public void Broadcast(Span<byte> bytes, int root)
    {
        byte[][] messages = Exchange(bytes);
        messages[root].CopyTo(bytes);
        Barrier();
    }

    public void Barrier()
    {
        try
        {
            shared.Barrier.SignalAndWait(shared.Ended.Token);
        }
        catch (OperationCanceledException)
        {
            throw new EndedException();
        }
    }

    public void Abort(int code) => shared.Ended.Cancel();

    byte[][] Exchange(ReadOnlySpan<byte> mine)
    {
        shared.Messages[Rank] = mine.ToArray();
        Barrier();
        return shared.Messages;
    }

    /// <summary>Another rank has ended with an error.</summary>
    sealed class EndedException : Exception;

    sealed class Shared(int size) : IDisposable
    {
        public Barrier Barrier { get; } = new(size);

        public CancellationTokenSource Ended { get; } = new();

        public byte[][] Messages { get; } = new byte[size][];

        public void Dispose()
        {
            Barrier.Dispose();
            Ended.Dispose();
        }
    }
}
