using Pqf.Compression.Collectives;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Collectives;

public sealed class MpiLibraryTests
{
    // Handles and MPI_THREAD_SERIALIZED of MPICH 4.0's mpi.h and of the MPI 5.0 standard, section 20.2. The texts begin as those of the libraries do.
    [Theory]
    [InlineData("libmpi.so.40", "Open MPI v4.1.4", "ompi_mpi_comm_world ompi_mpi_byte", 1, 2, 2)]
    [InlineData("libmpich.so.12", "MPICH Version:\t4.0.2", "", 0x44000000, 0x4c00010d, 2)]
    [InlineData("libmpi.so.12", "MVAPICH2 Version      :\t2.3.7 MPICH", "", 0x44000000, 0x4c00010d, 2)]
    [InlineData("libmpi.so.12", "Intel(R) MPI Library 2021.9", "", 0x44000000, 0x4c00010d, 2)]
    [InlineData("libmpi.so.12", "MPI VERSION    : CRAY MPICH version 8.1.25", "MPI_Abi_get_version", 0x44000000, 0x4c00010d, 2)]
    [InlineData("libmpi_abi.so.0", "MPICH Version:\t4.3.0", "MPI_Abi_get_version", 0x101, 0x247, 2048)]
    public void The_kind_of_a_library_follows_from_its_name_text_and_symbols(
        string name,
        string text,
        string symbols,
        long world,
        long type,
        int serialized
    )
    {
        string[] known = symbols.Split(' ');
        var handles = MpiLibrary.KindOf(name, text, symbol => Array.IndexOf(known, symbol) is >= 0 and var at ? at + 1 : null).Value();
        Assert.Equal((world, type, serialized), (handles.World, handles.Byte, handles.Serialized));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ompi_mpi_comm_world")]
    [InlineData("MPI_Abi_get_version")]
    public void A_library_of_unknown_kind_is_an_error(string symbols) =>
        Assert.Equal(
            "device mpi: expected Open MPI, MPICH, or a library of the MPI 5 ABI, got libmpi.so: Some MPI 1.0",
            MpiLibrary.KindOf("libmpi.so", "Some MPI 1.0", symbol => symbols.Split(' ').Contains(symbol) ? 1 : null).ErrorMessage()
        );
}
