using System.Numerics;
using System.Runtime.InteropServices;

namespace Pqf.Tensors.Devices.Host;

/// <summary>Native memory, aligned to 64 bytes, kept by size, so that a loop of equal steps allocates nothing.</summary>
/// <remarks>
/// Loops whose steps differ, as a detector's on images of many shapes, would fill it with sizes that never come again. Therefore large
/// sizes are rounded up to one of eight in each power of two, and when a block must be
/// allocated while more is held than <see cref="MostHeld"/>, the sizes that have waited longest are given back to the system.
/// </remarks>
sealed class HostMemoryPool
{
    const int Line = 64;

    // From here on, blocks start on a 2 MiB boundary and ask for huge pages: a fresh page costs more than the work that fills it. Sizes are
    // rounded from here on too: less than an eighth is lost.
    const long HugePageFrom = 1 << 20;
    const int SizesPerPowerOfTwo = 8;

    readonly Dictionary<long, Blocks> free = [];
    long usedBytes,
        mostUsedBytes,
        leastUsedBytes,
        clock;

    /// <summary>Bytes of blocks that are kept and not in use.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>Bytes that blocks, in use or kept, may take when another one is allocated: as many as were in use at once, and half of what
    /// came and went meanwhile, for a step's blocks of different sizes are not all in use at once. Counted since the last <see
    /// cref="Trim"/>: what has been in use ever since, such as weights, does not come and go.</summary>
    public long MostHeld => mostUsedBytes + ((mostUsedBytes - leastUsedBytes) / 2);

    /// <summary>Whole cache lines, one at least.</summary>
    public static long RoundUp(long sizeBytes) => Math.Max(Line, (sizeBytes + Line - 1) / Line * Line);

    public nint Rent(long sizeBytes)
    {
        long size = BlockSize(sizeBytes);
        nint block =
            free.TryGetValue(size, out var blocks) && blocks.Addresses.TryPop(out nint kept) ? Take(blocks, size, kept) : Fresh(size);
        usedBytes += size;
        mostUsedBytes = Math.Max(mostUsedBytes, usedBytes);
        return block;
    }

    public void Return(nint block, long sizeBytes)
    {
        long size = BlockSize(sizeBytes);
        if (!free.TryGetValue(size, out var blocks))
            free[size] = blocks = new Blocks();
        blocks.Addresses.Push(block);
        blocks.LastUse = clock++;
        FreeBytes += size;
        usedBytes -= size;
        leastUsedBytes = Math.Min(leastUsedBytes, usedBytes);
    }

    public void Trim()
    {
        foreach (long size in free.Keys.ToArray())
            Free(size);
        mostUsedBytes = leastUsedBytes = usedBytes;
    }

    nint Take(Blocks blocks, long size, nint block)
    {
        blocks.LastUse = clock++;
        FreeBytes -= size;
        return block;
    }

    nint Fresh(long size)
    {
        long most = Math.Max(MostHeld, usedBytes + size);
        while (usedBytes + size + FreeBytes > most && FreeBytes > 0)
            Free(free.Where(pair => pair.Value.Addresses.Count > 0).MinBy(pair => pair.Value.LastUse).Key);
        try
        {
            return Allocate(size);
        }
        catch (OutOfMemoryException)
        {
            Trim(); // the pool's single retry: blocks of other sizes may be what is missing
            return Allocate(size);
        }
    }

    unsafe void Free(long size)
    {
        var blocks = free[size];
        FreeBytes -= size * blocks.Addresses.Count;
        while (blocks.Addresses.TryPop(out nint block))
            Release((void*)block, size);
        free.Remove(size);
    }

    static long BlockSize(long sizeBytes)
    {
        if (sizeBytes < HugePageFrom)
            return sizeBytes;
        long grain = (long)(BitOperations.RoundUpToPowerOf2((ulong)sizeBytes) / (2 * SizesPerPowerOfTwo));
        return (sizeBytes + grain - 1) / grain * grain;
    }

    static unsafe nint Allocate(long sizeBytes) =>
        IsMapped(sizeBytes) ? LargeBlocks.Map(sizeBytes) : (nint)NativeMemory.AlignedAlloc((nuint)sizeBytes, Line);

    static unsafe void Release(void* block, long sizeBytes)
    {
        if (IsMapped(sizeBytes))
            LargeBlocks.Unmap((nint)block, sizeBytes);
        else
            NativeMemory.AlignedFree(block);
    }

    static bool IsMapped(long sizeBytes) => sizeBytes >= HugePageFrom && OperatingSystem.IsLinux();

    /// <summary>Blocks of one size.</summary>
    sealed class Blocks
    {
        public Stack<nint> Addresses { get; } = new();

        public long LastUse { get; set; }
    }
}
