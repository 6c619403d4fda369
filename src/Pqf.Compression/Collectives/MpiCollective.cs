using Pqf.Tensors;

namespace Pqf.Compression.Collectives;

/// <summary>The processes that an MPI launcher has started.</summary>
/// <remarks>All members are called from one thread. MPI ends the process on an error of its own, so that calls return no codes.</remarks>
public sealed unsafe class MpiCollective : ICollective
{
    const int MaxName = 256, // MPI_MAX_PROCESSOR_NAME, the longest
        StatusBytes = 64, // MPI_Status has 20 to 32
        PollMilliseconds = 1;

    readonly MpiLibrary library;
    readonly nint world,
        type;

    MpiCollective(MpiLibrary library)
    {
        this.library = library;
        (world, type) = library.Handles;
        int rank = 0,
            size = 0;
        Done(((delegate* unmanaged[Cdecl]<nint, int*, int>)library["MPI_Comm_rank"])(world, &rank));
        Done(((delegate* unmanaged[Cdecl]<nint, int*, int>)library["MPI_Comm_size"])(world, &size));
        (Rank, Size) = (rank, size);
        LocalRank = CountBefore();
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
    /// <returns>An error without a known MPI library, or where it does not belong to the launcher.</returns>
    public static Result<MpiCollective, PqfError> Join(IReadOnlyList<string> names, int? expectedSize) =>
        MpiLibrary
            .Load(names)
            .Bind<MpiCollective>(library =>
            {
                Done(((delegate* unmanaged[Cdecl]<void*, void*, int>)library["MPI_Init"])(null, null));
                var ranks = new MpiCollective(library);
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
    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        CheckLength("AllGather", (long)mine.Length * Size, all.Length);
        fixed (byte* send = mine)
        fixed (byte* receive = all)
            Done(
                ((delegate* unmanaged[Cdecl]<byte*, int, nint, byte*, int, nint, nint, int>)library["MPI_Allgather"])(
                    send,
                    mine.Length,
                    type,
                    receive,
                    mine.Length,
                    type,
                    world
                )
            );
    }

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<byte> mine, Span<byte> received)
    {
        CheckLength("AllToAll", mine.Length, received.Length);
        fixed (byte* send = mine)
        fixed (byte* receive = received)
            Done(
                ((delegate* unmanaged[Cdecl]<byte*, int, nint, byte*, int, nint, nint, int>)library["MPI_Alltoall"])(
                    send,
                    mine.Length / Size,
                    type,
                    receive,
                    mine.Length / Size,
                    type,
                    world
                )
            );
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes, int root)
    {
        fixed (byte* buffer = bytes)
            Done(
                ((delegate* unmanaged[Cdecl]<byte*, int, nint, int, nint, int>)library["MPI_Bcast"])(
                    buffer,
                    bytes.Length,
                    type,
                    root,
                    world
                )
            );
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        nint request = 0; // 32 bits of it in MPICH
        Done(((delegate* unmanaged[Cdecl]<nint, nint*, int>)library["MPI_Ibarrier"])(world, &request));
        byte* status = stackalloc byte[StatusBytes];
        for (int isDone = 0; ; Thread.Sleep(PollMilliseconds))
        {
            Done(((delegate* unmanaged[Cdecl]<nint*, int*, byte*, int>)library["MPI_Test"])(&request, &isDone, status));
            if (isDone != 0)
                return;
        }
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

    static void Done(int code)
    {
        if (code != 0)
            throw new InvalidOperationException($"MPI: expected success, got error {code}");
    }
}
