using System.Runtime.InteropServices;

namespace Pqf.Tensors.Devices.Host;

/// <summary>Advice to Linux about memory: a refusal costs memory or speed, no more.</summary>
static partial class MemoryAdvice
{
    // As in asm-generic/mman-common.h.
    const int DontNeed = 4,
        HugePage = 14;

    /// <summary>Whole pages that are not needed soon: those of a file's map are read again if they are.</summary>
    public static void Forget(nint start, long length) => _ = Advise(start, (nuint)length, DontNeed);

    /// <summary>Whole pages that may be huge ones: a fresh page costs more than the work that fills it.</summary>
    public static void AskForHugePages(nint start, long length) => _ = Advise(start, (nuint)length, HugePage);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
