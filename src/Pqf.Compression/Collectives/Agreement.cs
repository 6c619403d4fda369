using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Pqf.Tensors;

namespace Pqf.Compression.Collectives;

/// <summary>All ranks were asked to stop, or one of them was and the others know.</summary>
public sealed class RanksStoppedException : OperationCanceledException
{
    /// <summary>Where all ranks stand at the same place.</summary>
    public RanksStoppedException()
        : base("the run was asked to stop") { }
}

/// <summary>Work that all ranks do, or a part of them, and that counts only if it was done by all.</summary>
public static class Agreement
{
    const ulong Done = 0,
        Stopped = 1;

    /// <summary>Does a rank's own part and waits for the others.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="work">May fail or be cancelled.</param>
    /// <returns>The own result if all ranks have one; else an error on every rank, of which one rank prints each cause.</returns>
    /// <exception cref="RanksStoppedException">The work of some rank was cancelled.</exception>
    /// <exception cref="RanksMissingException">Some ranks have not come, in the work or after it.</exception>
    public static Result<T, PqfError> Agree<T>(this ICollective ranks, Func<Result<T, PqfError>> work)
    {
        if (ranks.Size == 1)
            return work();
        Result<T, PqfError>? own = null;
        try
        {
            own = work();
        }
        catch (OperationCanceledException stopped) when (stopped is not RanksMissingException) { } // the others are told

        ulong[] states = new ulong[ranks.Size];
        ranks.AllGather(AsBytes([own?.Match(_ => Done, StateOf) ?? Stopped]), AsBytes(states));
        if (own is null || states.Contains(Stopped))
            throw new RanksStoppedException();
        if (states.All(state => state == Done))
            return own;
        return own.Match<Result<T, PqfError>>(
            _ => new PqfError.OfRanks(null),
            error => error as PqfError.OfRanks ?? new PqfError.OfRanks(Array.IndexOf(states, StateOf(error)) == ranks.Rank ? error : null)
        );
    }

    /// <summary>Does work on rank 0 alone, however long it takes. The others wait without taking a core.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="work">May fail or be cancelled.</param>
    /// <returns>Of rank 0, as <see cref="Agree"/> has it.</returns>
    public static Result<Unit, PqfError> OnFirst(this ICollective ranks, Func<Result<Unit, PqfError>> work) =>
        ranks.OnFirst(work, _ => [], _ => default);

    /// <summary>Does work on rank 0 alone and gives its result to all ranks.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="work">May fail or be cancelled.</param>
    /// <param name="pack">The bytes of a result.</param>
    /// <param name="unpack">Reads them on the other ranks.</param>
    public static Result<T, PqfError> OnFirst<T>(
        this ICollective ranks,
        Func<Result<T, PqfError>> work,
        Func<T, byte[]> pack,
        Func<byte[], T> unpack
    )
    {
        if (ranks.Size == 1)
            return work();
        T? own = default;
        return ranks
            .Agree<Unit>(() =>
            {
                try
                {
                    return ranks.Rank > 0
                        ? default(Unit)
                        : work()
                            .Map(result =>
                            {
                                own = result;
                                return default(Unit);
                            });
                }
                finally
                {
                    ranks.Barrier();
                }
            })
            .Map(_ =>
            {
                byte[] bytes = ranks.Share(ranks.Rank == 0 ? pack(own!) : []);
                return ranks.Rank == 0 ? own! : unpack(bytes);
            });
    }

    /// <summary>Waits for all ranks after work that only a cancellation ends early, however long it takes some of them.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="isStopped">Whether this rank was cancelled.</param>
    /// <exception cref="RanksStoppedException">Some rank was.</exception>
    public static void Meet(this ICollective ranks, bool isStopped)
    {
        ranks.Barrier();
        ranks.Agree<Unit>(() => isStopped ? throw new OperationCanceledException() : default(Unit));
    }

    /// <summary>An error that all ranks have found, as one that the first of them prints.</summary>
    public static PqfError Common(this ICollective ranks, PqfError error) =>
        ranks.Size == 1 ? error : new PqfError.OfRanks(ranks.Rank == 0 ? error : null);

    /// <summary>Gives every rank the bytes of one, of any length.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="own">On the root what is sent; nothing is read of it on others.</param>
    /// <param name="root">The rank that sends.</param>
    public static byte[] Share(this ICollective ranks, byte[] own, int root = 0)
    {
        const int Part = 1 << 28; // lengths of messages are 32-bit integers in MPI
        long[] length = [own.LongLength];
        ranks.Broadcast(AsBytes(length), root);
        byte[] bytes = ranks.Rank == root ? own : new byte[length[0]];
        for (long first = 0; first < bytes.LongLength; first += Part)
            ranks.Broadcast(bytes.AsSpan((int)first, (int)Math.Min(Part, bytes.LongLength - first)), root);
        return bytes;
    }

    /// <summary>Gives every rank the bytes of all ranks, of any lengths, in the ranks' order.</summary>
    public static byte[][] ShareAll(this ICollective ranks, byte[] own) =>
        [.. Enumerable.Range(0, ranks.Size).Select(root => ranks.Share(own, root))];

    /// <summary>Reports where this rank's program, settings or files are not those of rank 0.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="own">One line for each of them: what it is, and its value.</param>
    public static Result<Unit, PqfError> CheckSame(this ICollective ranks, ImmutableArray<string> own)
    {
        if (ranks.Size == 1)
            return default(Unit);
        string[] first = Encoding.UTF8.GetString(ranks.Share(Encoding.UTF8.GetBytes(string.Join('\n', own)))).Split('\n');
        string got = string.Join(", ", own.Except(first)),
            expected = string.Join(", ", first.Except(own));
        return ranks.Agree<Unit>(() =>
            got == expected
                ? default(Unit)
                : new PqfError.Config(
                    "configuration",
                    $"rank {ranks.Rank}",
                    $"expected what rank 0 has ({(expected.Length == 0 ? "nothing" : expected)}), got {(got.Length == 0 ? "nothing" : got)}"
                )
        );
    }

    /// <summary>The bytes of an array.</summary>
    internal static Span<byte> AsBytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan());

    /// <summary>Equal for equal messages, and neither of the two other states.</summary>
    static ulong StateOf(PqfError error) => RngKey.FromSeed(0).Fold(error.Message).State | 2;
}
