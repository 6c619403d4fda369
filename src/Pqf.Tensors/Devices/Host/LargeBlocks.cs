using System.Runtime.InteropServices;

namespace Pqf.Tensors.Devices.Host;

/// <summary>Blocks of memory straight from the system, on Linux.</summary>
/// <remarks>The C library would keep some of those that are given back, up to 32 MiB each, for allocations of its own: a program that has
/// finished with them would hold a hundred MiB for nothing.</remarks>
static partial class LargeBlocks
{
    const int HugePage = 2 << 20;

    // As in sys/mman.h and asm-generic/mman-common.h.
    const int ReadAndWrite = 3,
        PrivateAnonymous = 0x22;

    /// <summary>A block of zeros that starts on a 2 MiB boundary and asks for huge pages.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no such block.</exception>
    public static nint Map(long sizeBytes)
    {
        long size = Rounded(sizeBytes);
        nint block = MemoryMap(0, (nuint)(size + HugePage), ReadAndWrite, PrivateAnonymous, -1, 0);
        if (block == -1)
            throw new InsufficientMemoryException();
        nint start = (block + HugePage - 1) / HugePage * HugePage,
            before = start - block,
            after = HugePage - before;
        if (before > 0)
            _ = MemoryUnmap(block, (nuint)before);
        if (after > 0)
            _ = MemoryUnmap(start + (nint)size, (nuint)after);
        MemoryAdvice.AskForHugePages(start, size);
        return start;
    }

    /// <summary>Gives a block back.</summary>
    public static void Unmap(nint block, long sizeBytes) => _ = MemoryUnmap(block, (nuint)Rounded(sizeBytes));

    static long Rounded(long sizeBytes)
    {
        long page = Environment.SystemPageSize;
        return (sizeBytes + page - 1) / page * page;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(nint address, nuint length);
}
