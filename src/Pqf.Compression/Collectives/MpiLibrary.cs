using System.Runtime.InteropServices;
using System.Text;
using Pqf.Tensors;

namespace Pqf.Compression.Collectives;

/// <summary>Which binary interface an MPI library has. The handles are facts of its public header.</summary>
/// <param name="World">MPI_COMM_WORLD.</param>
/// <param name="Byte">MPI_BYTE.</param>
/// <param name="Serialized">MPI_THREAD_SERIALIZED: several threads may call, one at a time.</param>
readonly record struct MpiHandles(nint World, nint Byte, int Serialized = 2)
{
    /// <summary>MPICH and its kin: integers (mpi.h of MPICH 3 and 4, the same since the ABI initiative of 2013). A 32-bit integer and a
    /// 64-bit one are passed in the same register.</summary>
    public static MpiHandles Mpich => new(0x44000000, 0x4c00010d);

    /// <summary>The ABI of the MPI 5 standard, chapter 20.</summary>
    public static MpiHandles Standard => new(0x101, 0x247, 2048);
}

/// <summary>An MPI library of this machine, found at run time.</summary>
sealed unsafe class MpiLibrary
{
    const int MaxText = 8192; // MPI_MAX_LIBRARY_VERSION_STRING of MPICH, the longest

    readonly nint library;

    MpiLibrary(nint library, MpiHandles handles, string version) => (this.library, Handles, Version) = (library, handles, version);

    /// <summary>What its functions take.</summary>
    public MpiHandles Handles { get; }

    /// <summary>The library's own name and version.</summary>
    public string Version { get; }

    /// <summary>Loads the first library that is there.</summary>
    /// <param name="names">As the dynamic linker finds them.</param>
    /// <returns>An error where there is none, or where it is of no known kind.</returns>
    public static Result<MpiLibrary, PqfError> Load(IReadOnlyList<string> names)
    {
        foreach (string name in names)
            if (NativeLibrary.TryLoad(name, out nint library))
                return Identify(name, library);
        return new PqfError.Device("mpi", $"expected an MPI library, found none of {string.Join(", ", names)}");
    }

    /// <summary>Finds out the kind of a library from its symbols and its own text.</summary>
    static Result<MpiLibrary, PqfError> Identify(string name, nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out nint address))
            return new PqfError.Device("mpi", $"expected an MPI library, got {name} without MPI_Get_library_version");
        byte* text = stackalloc byte[MaxText];
        int length = 0;
        _ = ((delegate* unmanaged[Cdecl]<byte*, int*, int>)address)(text, &length);
        string version = Encoding.UTF8.GetString(text, Math.Clamp(length, 0, MaxText)).TrimEnd('\0').Split('\n')[0].Trim();
        return KindOf(name, version, symbol => NativeLibrary.TryGetExport(library, symbol, out nint found) ? found : null)
            .Map(handles => new MpiLibrary(library, handles, version));
    }

    /// <summary>The handles of a library's kind.</summary>
    /// <param name="name">Of its file.</param>
    /// <param name="version">Its own text.</param>
    /// <param name="symbol">Addresses by name; null where there is none.</param>
    /// <returns>An error where it is of no known kind.</returns>
    internal static Result<MpiHandles, PqfError> KindOf(string name, string version, Func<string, nint?> symbol)
    {
        if (symbol("ompi_mpi_comm_world") is { } world && symbol("ompi_mpi_byte") is { } type)
            return new MpiHandles(world, type);
        if (symbol("MPI_Abi_get_version") is not null && name.Contains("mpi_abi", StringComparison.Ordinal))
            return MpiHandles.Standard;
        // MPICH, MVAPICH and Cray's name MPICH in their text.
        return version.Contains("MPICH", StringComparison.OrdinalIgnoreCase) || version.StartsWith("Intel(R) MPI", StringComparison.Ordinal)
            ? MpiHandles.Mpich
            : new PqfError.Device("mpi", $"expected Open MPI, MPICH, or a library of the MPI 5 ABI, got {name}: {version}");
    }

    /// <summary>The address of a function.</summary>
    /// <exception cref="EntryPointNotFoundException">The library lacks it.</exception>
    public nint this[string function] => NativeLibrary.GetExport(library, function);
}
