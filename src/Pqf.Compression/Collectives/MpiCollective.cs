using Pqf.Tensors;

namespace Pqf.Compression.Collectives;

/// <summary>The processes that an MPI launcher has started.</summary>
/// <remarks>All members are called from one thread at a time. MPI ends the process on an error of its own, so that calls return no
/// codes.</remarks>
public sealed unsafe class MpiCollective : ICollective
{
    const int MaxName = 256; // MPI_MAX_PROCESSOR_NAME, the longest

    readonly MpiLibrary library;
    readonly MpiWait wait;
    readonly bool allowsOtherThreads;
    readonly Func<bool>? isComputing; // null on the thread that computes itself
    readonly nint world,
        type;

    MpiCollective(MpiLibrary library, RankPatience patience, bool allowsOtherThreads)
    {
        (this.library, this.allowsOtherThreads) = (library, allowsOtherThreads);
        (world, type) = (library.Handles.World, library.Handles.Byte);
        int rank = 0,
            size = 0;
        Done(((delegate* unmanaged[Cdecl]<nint, int*, int>)library["MPI_Comm_rank"])(world, &rank));
        Done(((delegate* unmanaged[Cdecl]<nint, int*, int>)library["MPI_Comm_size"])(world, &size));
        (Rank, Size) = (rank, size);
        wait = new(library, patience, rank, size);
        LocalRank = CountBefore();
    }

    MpiCollective(MpiCollective joined, Func<bool> isComputing)
    {
        (library, wait, world, type) = (joined.library, joined.wait, joined.world, joined.type);
        (Rank, Size, LocalRank) = (joined.Rank, joined.Size, joined.LocalRank);
        this.isComputing = isComputing;
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public int LocalRank { get; }

    /// <summary>The library's own name and version.</summary>
    public string Version => library.Version;

    /// <summary>Joins the ranks of a run.</summary>
    /// <param name="names">Libraries to look for, the most likely first.</param>
    /// <param name="expectedSize">Ranks that the launcher says it started; null where it does not.</param>
    /// <param name="patience">How long ranks wait for each other.</param>
    /// <returns>An error without a known MPI library, or where it does not belong to the launcher.</returns>
    public static Result<MpiCollective, PqfError> Join(IReadOnlyList<string> names, int? expectedSize, RankPatience patience) =>
        MpiLibrary
            .Load(names)
            .Bind<MpiCollective>(library =>
            {
                int wanted = library.Handles.Serialized,
                    provided = 0;
                Done(((delegate* unmanaged[Cdecl]<void*, void*, int, int*, int>)library["MPI_Init_thread"])(null, null, wanted, &provided));
                var ranks = new MpiCollective(library, patience, provided >= wanted);
                if (expectedSize is not { } size || size == ranks.Size)
                    return ranks;
                ranks.Finish();
                return new PqfError.Device(
                    "mpi",
                    $"expected {size} ranks, as the launcher started, got {ranks.Size} from {library.Version}: "
                        + "is the launcher of another MPI?"
                );
            });

    /// <inheritdoc/>
    /// <exception cref="RanksMissingException">Some ranks have not come.</exception>
    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        CheckLength("AllGather", (long)mine.Length * Size, all.Length);
        Exchange(library["MPI_Iallgather"], mine, mine.Length, all);
    }

    /// <inheritdoc/>
    /// <exception cref="RanksMissingException">Some ranks have not come.</exception>
    public void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received)
    {
        CheckLength("AllToAll", mine.Length, received.Length);
        Exchange(library["MPI_Ialltoall"], mine, mine.Length / Size, received);
    }

    /// <inheritdoc/>
    public ICollective? BesideWork(Func<bool> isComputing) => allowsOtherThreads ? new MpiCollective(this, isComputing) : null;

    /// <summary>Both exchanges have the same arguments.</summary>
    void Exchange(nint function, ReadOnlySpan<byte> mine, int part, Span<byte> received)
    {
        using var buffer = new MpiBuffer((long)mine.Length + received.Length);
        mine.CopyTo(new(buffer.Pointer, mine.Length));
        byte* into = buffer.Pointer + mine.Length;
        wait.For(Started(function, buffer.Pointer, part, into), buffer, isComputing);
        new ReadOnlySpan<byte>(into, received.Length).CopyTo(received);
    }

    /// <summary>The request of an exchange that does not wait.</summary>
    nint Started(nint function, byte* send, int part, byte* receive)
    {
        nint request = 0; // 32 bits of it in MPICH
        Done(
            ((delegate* unmanaged[Cdecl]<byte*, int, nint, byte*, int, nint, nint, nint*, int>)function)(
                send,
                part,
                type,
                receive,
                part,
                type,
                world,
                &request
            )
        );
        return request;
    }

    /// <inheritdoc/>
    /// <exception cref="RanksMissingException">Some ranks have not come.</exception>
    public void Broadcast(Span<byte> bytes, int root)
    {
        using var buffer = new MpiBuffer(bytes.Length);
        bytes.CopyTo(new(buffer.Pointer, bytes.Length));
        nint request = 0;
        Done(
            ((delegate* unmanaged[Cdecl]<byte*, int, nint, int, nint, nint*, int>)library["MPI_Ibcast"])(
                buffer.Pointer,
                bytes.Length,
                type,
                root,
                world,
                &request
            )
        );
        wait.For(request, buffer, isComputing);
        new ReadOnlySpan<byte>(buffer.Pointer, bytes.Length).CopyTo(bytes);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        nint request = 0;
        Done(((delegate* unmanaged[Cdecl]<nint, nint*, int>)library["MPI_Ibarrier"])(world, &request));
        wait.ForEver(request);
    }

    /// <inheritdoc/>
    public void Abort(int code) => Done(((delegate* unmanaged[Cdecl]<nint, int, int>)library["MPI_Abort"])(world, code));

    /// <summary>Leaves the run, once all ranks do.</summary>
    public void Finish() => Done(((delegate* unmanaged[Cdecl]<int>)library["MPI_Finalize"])());

    /// <summary>Ranks before this one on the same machine.</summary>
    int CountBefore()
    {
        byte[] name = new byte[MaxName],
            all = new byte[MaxName * Size];
        int length = 0;
        fixed (byte* text = name)
            Done(((delegate* unmanaged[Cdecl]<byte*, int*, int>)library["MPI_Get_processor_name"])(text, &length));
        name.AsSpan(length).Clear();
        AllGather(name, all);
        return Enumerable.Range(0, Rank).Count(rank => all.AsSpan(rank * MaxName, MaxName).SequenceEqual(name));
    }

    static void CheckLength(string operation, long expected, int length)
    {
        if (expected != length)
            throw new ArgumentException($"{operation}: expected {expected} bytes, got {length}");
    }

    internal static void Done(int code)
    {
        if (code != 0)
            throw new InvalidOperationException($"MPI: expected success, got error {code}");
    }
}
