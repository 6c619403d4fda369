using System.Runtime.InteropServices;

namespace Pqf.Compression.Collectives;

/// <summary>How long ranks wait for each other.</summary>
/// <param name="Timeout">The wait for ranks that have not come to an exchange; zero waits for ever. Waits for work of rank 0 alone have no
/// end.</param>
/// <param name="Clock">Measures it.</param>
public sealed record RankPatience(TimeSpan Timeout, TimeProvider Clock)
{
    /// <summary>Waits for ever.</summary>
    public static RankPatience Endless { get; } = new(TimeSpan.Zero, TimeProvider.System);
}

/// <summary>Some ranks have not come to an exchange for too long. What this rank has done until then is whole.</summary>
/// <param name="message">Which.</param>
public sealed class RanksMissingException(string message) : OperationCanceledException(message);

/// <summary>Memory that MPI may write to until a request is done.</summary>
sealed unsafe class MpiBuffer(long length) : IDisposable
{
    const int LongBytes = 1 << 17;

    bool isAbandoned;

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; } = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, length));

    /// <summary>Whether messages are so long that they come right after short ones, in which all ranks have met.</summary>
    public bool IsLong => length > LongBytes;

    /// <summary>Leaves the memory to a request that is never done.</summary>
    public void Abandon() => isAbandoned = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isAbandoned)
            NativeMemory.Free(Pointer);
    }
}

/// <summary>Waits for requests of an MPI library.</summary>
/// <remarks>A rank that waits for long says so to all others, with the number of the exchange: those that have not said so are missing.
/// </remarks>
/// <param name="library">The library.</param>
/// <param name="patience">When to give up.</param>
/// <param name="rank">This rank.</param>
/// <param name="size">Ranks.</param>
sealed unsafe class MpiWait(MpiLibrary library, RankPatience patience, int rank, int size)
{
    const int StatusBytes = 64, // MPI_Status has 20 to 32
        Tag = 7,
        PollMilliseconds = 1,
        PollsAtOnce = 16; // MPI moves a long message on when it is polled: a part of it each time

    // Exchanges of ranks that are all there take less. A rank that waits longer leaves its core to the threads that decode images.
    static readonly TimeSpan busy = TimeSpan.FromMilliseconds(2);
    static readonly TimeSpan busyLong = TimeSpan.FromSeconds(10); // longer than a message of 1 GB takes on 1 Gbit/s
    static readonly TimeSpan longest = TimeSpan.FromSeconds(2);

    readonly long[] waitingIn = new long[size];
    long exchange;

    /// <summary>How long a rank waits before it says so.</summary>
    TimeSpan Quiet => patience.Timeout / 4 < longest ? patience.Timeout / 4 : longest;

    /// <summary>Waits for a request, without taking a core.</summary>
    public void ForEver(nint request)
    {
        for (exchange++; !IsDone(&request); )
            Thread.Sleep(PollMilliseconds);
    }

    /// <summary>Waits for a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="buffer">What it reads and writes.</param>
    /// <param name="isComputing">Whether another thread computes; null where there is none.</param>
    /// <exception cref="RanksMissingException">It has taken too long.</exception>
    public void For(nint request, MpiBuffer buffer, Func<bool>? isComputing)
    {
        exchange++;
        long started = patience.Clock.GetTimestamp();
        bool hasTold = patience.Timeout == TimeSpan.Zero;
        for (int polls = 1; !IsDone(&request); polls++)
        {
            var waited = patience.Clock.GetElapsedTime(started);
            bool isBeside = isComputing?.Invoke() is true;
            if (!isBeside && waited < (buffer.IsLong ? busyLong : busy))
            {
                Thread.Yield();
                continue;
            }

            if (!buffer.IsLong || polls % PollsAtOnce == 0)
                Thread.Sleep(PollMilliseconds);
            if (!hasTold && waited >= Quiet)
            {
                Tell();
                hasTold = true;
            }

            // Those that came last have said so by then.
            if (patience.Timeout > TimeSpan.Zero && waited >= patience.Timeout + (2 * Quiet))
            {
                buffer.Abandon();
                throw new RanksMissingException(Missing());
            }
        }
    }

    bool IsDone(nint* request)
    {
        byte* status = stackalloc byte[StatusBytes];
        int isDone = 0;
        MpiCollective.Done(((delegate* unmanaged[Cdecl]<nint*, int*, byte*, int>)library["MPI_Test"])(request, &isDone, status));
        return isDone != 0;
    }

    /// <summary>Says to all others in which exchange this rank waits.</summary>
    void Tell()
    {
        for (int other = 0; other < size; other++)
        {
            if (other == rank)
                continue;
            var message = new MpiBuffer(sizeof(long)); // its few bytes may be read at any later time
            message.Abandon();
            *(long*)message.Pointer = exchange;
            nint request = 0;
            MpiCollective.Done(
                ((delegate* unmanaged[Cdecl]<byte*, int, nint, int, int, nint, nint*, int>)library["MPI_Isend"])(
                    message.Pointer,
                    sizeof(long),
                    library.Handles.Byte,
                    other,
                    Tag,
                    library.Handles.World,
                    &request
                )
            );
        }
    }

    /// <summary>Hears what others have said so far.</summary>
    void Hear()
    {
        byte* status = stackalloc byte[StatusBytes];
        for (int other = 0; other < size; other++)
        {
            for (int isThere = 1; other != rank; )
            {
                MpiCollective.Done(
                    ((delegate* unmanaged[Cdecl]<int, int, nint, int*, byte*, int>)library["MPI_Iprobe"])(
                        other,
                        Tag,
                        library.Handles.World,
                        &isThere,
                        status
                    )
                );
                if (isThere == 0)
                    break;
                long number = 0;
                MpiCollective.Done(
                    ((delegate* unmanaged[Cdecl]<byte*, int, nint, int, int, nint, byte*, int>)library["MPI_Recv"])(
                        (byte*)&number,
                        sizeof(long),
                        library.Handles.Byte,
                        other,
                        Tag,
                        library.Handles.World,
                        status
                    )
                );
                waitingIn[other] = number;
            }
        }
    }

    string Missing()
    {
        Hear();
        int[] missing = [.. Enumerable.Range(0, size).Where(other => other != rank && waitingIn[other] < exchange)];
        string which =
            missing.Length == 0 ? "all ranks say that they wait"
            : missing.Length == 1 ? $"rank {missing[0]} has not joined"
            : $"ranks {string.Join(", ", missing)} have not joined";
        return $"rank {rank} has waited {patience.Timeout.TotalMinutes:0.##} minutes for the others, and {which}: they have stalled, or "
            + "their work takes longer (rank_minutes)";
    }
}
