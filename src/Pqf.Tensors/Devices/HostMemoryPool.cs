using System.Runtime.InteropServices;

namespace Pqf.Tensors.Devices;

/// <summary>Native memory, aligned to 64 bytes and kept by exact size, so that a loop of equal steps allocates nothing.</summary>
sealed partial class HostMemoryPool
{
    const int Line = 64;

    // From here on, blocks start on a 2 MiB boundary and ask for huge pages: a fresh page costs more than the work that fills it.
    const long HugePageFrom = 1 << 20;
    const int HugePage = 2 << 20;
    const int MadviseHugePage = 14;

    readonly Dictionary<long, Stack<nint>> free = [];

    /// <summary>Bytes of blocks that are kept and not in use.</summary>
    public long FreeBytes => free.Sum(size => size.Key * size.Value.Count);

    /// <summary>Whole cache lines, one at least.</summary>
    public static long RoundUp(long sizeBytes) => Math.Max(Line, (sizeBytes + Line - 1) / Line * Line);

    public nint Rent(long sizeBytes)
    {
        if (free.TryGetValue(sizeBytes, out var blocks) && blocks.TryPop(out nint block))
            return block;
        try
        {
            return Allocate(sizeBytes);
        }
        catch (OutOfMemoryException)
        {
            Trim(); // the pool's single retry: blocks of other sizes may be what is missing
            return Allocate(sizeBytes);
        }
    }

    public void Return(nint block, long sizeBytes)
    {
        if (!free.TryGetValue(sizeBytes, out var blocks))
            free[sizeBytes] = blocks = new Stack<nint>();
        blocks.Push(block);
    }

    public unsafe void Trim()
    {
        foreach (var blocks in free.Values)
            while (blocks.TryPop(out nint block))
                NativeMemory.AlignedFree((void*)block);
        free.Clear();
    }

    static unsafe nint Allocate(long sizeBytes)
    {
        bool large = sizeBytes >= HugePageFrom && OperatingSystem.IsLinux();
        void* block = NativeMemory.AlignedAlloc((nuint)sizeBytes, (nuint)(large ? HugePage : Line));
        if (large)
            _ = Madvise(block, (nuint)sizeBytes, MadviseHugePage); // advice only: a refusal changes nothing but speed
        return (nint)block;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Madvise(void* address, nuint length, int advice);
}
