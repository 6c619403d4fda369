namespace Pqf.Compression.Collectives;

/// <summary>The processes of one run, called ranks, and what they exchange. All ranks call the same members in the same order,
/// each from one thread at a time.</summary>
public interface ICollective
{
    /// <summary>This process, counted from 0.</summary>
    int Rank { get; }

    /// <summary>Processes of the run, at least 1.</summary>
    int Size { get; }

    /// <summary>This process among those of its machine, counted from 0.</summary>
    int LocalRank { get; }

    /// <summary>Gives every rank the bytes of all ranks, in the ranks' order.</summary>
    /// <param name="mine">Of one length on all ranks.</param>
    /// <param name="all"><see cref="Size"/> times as long.</param>
    void AllGather(ReadOnlySpan<byte> mine, Span<byte> all);

    /// <summary>Gives rank r the part r of every rank, in the ranks' order.</summary>
    /// <param name="mine"><see cref="Size"/> parts of one length.</param>
    /// <param name="received">As long.</param>
    void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received);

    /// <summary>Gives every rank the bytes of one.</summary>
    /// <param name="bytes">Of one length on all ranks; overwritten on all but the root.</param>
    /// <param name="root">The rank that sends.</param>
    void Broadcast(Span<byte> bytes, int root);

    /// <summary>The same ranks for a thread beside one that computes, while that one calls no member. All ranks exchange the same messages
    /// this way.</summary>
    /// <param name="isComputing">Whether waits are to leave the core to the other thread.</param>
    /// <returns>Null where members must be called from the thread that joined.</returns>
    ICollective? BesideWork(Func<bool> isComputing);

    /// <summary>Waits for all ranks, for hours if need be, without taking a core.</summary>
    void Barrier();

    /// <summary>Ends the processes of all ranks at once.</summary>
    /// <param name="code">Exit code of the run.</param>
    void Abort(int code);
}

/// <summary>A run of one process.</summary>
public sealed class Alone : ICollective
{
    Alone() { }

    /// <summary>The only one.</summary>
    public static Alone Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public int LocalRank => 0;

    /// <inheritdoc/>
    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all) => mine.CopyTo(all);

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received) => mine.CopyTo(received);

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes, int root) { }

    /// <inheritdoc/>
    public ICollective? BesideWork(Func<bool> isComputing) => this;

    /// <inheritdoc/>
    public void Barrier() { }

    /// <inheritdoc/>
    public void Abort(int code) => throw new InvalidOperationException("Alone: a run of one process ends by itself");
}
