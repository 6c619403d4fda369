using System.Runtime.InteropServices;
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
    public static Result<T, PqfError> Agree<T>(this ICollective ranks, Func<Result<T, PqfError>> work)
    {
        if (ranks.Size == 1)
            return work();
        Result<T, PqfError>? own = null;
        try
        {
            own = work();
        }
        catch (OperationCanceledException) { } // the others are told

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

    /// <summary>The bytes of an array.</summary>
    internal static Span<byte> AsBytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan());

    /// <summary>Equal for equal messages, and neither of the two other states.</summary>
    static ulong StateOf(PqfError error) => RngKey.FromSeed(0).Fold(error.Message).State | 2;
}
