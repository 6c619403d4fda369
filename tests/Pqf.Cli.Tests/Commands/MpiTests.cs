using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Runs of the program itself under the launchers of MPI libraries.</summary>
public sealed class MpiTests : IDisposable
{
    const string OpenMpi = MpiProgram.OpenMpi,
        Mpich = MpiProgram.Mpich;

    readonly TemporaryFolder folder = new();

    public MpiTests() => IdxFiles.Write(folder.File("idx"), 44, 13);

    public void Dispose() => folder.Dispose();

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(OpenMpi)]
    [InlineData(Mpich)]
    public void Any_number_of_ranks_writes_the_files_of_one_process(string launcher)
    {
        string program = MpiProgram.Found(launcher);
        Assert.Equal((0, ""), Problems(Run("dotnet", [], "alone")));
        foreach (int count in (int[])[1, 2, 4])
        {
            var result = Run(program, ["-np", $"{count}"], $"{count}");
            Assert.Equal((0, ""), Problems(result));
            Assert.Single(result.Out.Split('\n'), line => line.StartsWith("best ", StringComparison.Ordinal));
            AssertSame("alone", $"{count}");
        }

        File.Delete(folder.File("4/states/2.state"));
        Assert.Equal((0, ""), Problems(Run(program, ["-np", "2"], "4", "--resume")));
        AssertSame("alone", "4");
    }

    // Buckets of 150 KB: messages of all kinds during the way back.
    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(OpenMpi)]
    [InlineData(Mpich)]
    public void Gradients_that_are_exchanged_early_change_no_byte(string launcher)
    {
        string program = MpiProgram.Found(launcher);
        string[] wide = ["--model.width", "16", "--rank_bucket_mb"];
        Assert.Equal((0, ""), Problems(Run("dotnet", [], "alone", [.. wide, "0.15"])));
        foreach (var (count, bucket) in ((int, string)[])[(1, "0.15"), (2, "0"), (2, "0.15"), (4, "0.15")])
        {
            Assert.Equal((0, ""), Problems(Run(program, ["-np", $"{count}"], "ranks", [.. wide, bucket])));
            AssertSame("alone", "ranks");
            Directory.Delete(folder.File("ranks"), true);
        }
    }

    [Theory]
    [InlineData(OpenMpi)]
    [InlineData(Mpich)]
    public void An_error_of_all_ranks_is_printed_once(string launcher)
    {
        var result = Run(MpiProgram.Found(launcher), ["-np", "2"], "out", "--dataloader.micro_batch", "3");
        Assert.NotEqual(0, result.Code);
        Assert.Equal(
            "error: configuration: dataloader.micro_batch: expected a divisor of dataloader.batch_size (8), got 3",
            result.Error.Split('\n').Single(line => line.StartsWith("error", StringComparison.Ordinal))
        );
    }

    // What both ranks have, what rank 1 has beside it, and how the one line of the run begins.
    public static TheoryData<string, string[], string[], string> BadRanks { get; } =
        new()
        {
            { OpenMpi, ["--epochs", "none"], [], "error: command line: epochs: expected a whole number" },
            { Mpich, ["--epochs", "none"], [], "error: command line: epochs: expected a whole number" },
            { OpenMpi, [], ["--epochs", "none"], "error: command line: epochs: expected a whole number" },
            { Mpich, [], ["--epochs", "none"], "error: command line: epochs: expected a whole number" },
            { OpenMpi, [], ["--seed", "1"], "error: configuration: rank 1: expected what rank 0 has (seed: 0), got seed: 1" },
            { Mpich, [], ["--seed", "1"], "error: configuration: rank 1: expected what rank 0 has (seed: 0), got seed: 1" },
            { OpenMpi, [], ["--dataloader.idx_path", "nowhere"], "error: nowhere" },
        };

    [Theory]
    [MemberData(nameof(BadRanks))]
    public void A_rank_that_cannot_begin_ends_all_with_one_line(string launcher, string[] both, string[] second, string line)
    {
        var result = MpiProgram.Run(
            MpiProgram.Start(
                MpiProgram.Found(launcher),
                ["-np", "1", .. Command("out", both), ":", "-np", "1", .. Command("out", [.. both, .. second])]
            )
        );
        Assert.NotEqual(0, result.Code);
        Assert.StartsWith(line, result.Errors.Single(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void A_launcher_of_another_library_is_named()
    {
        MpiProgram.Found(OpenMpi);
        var result = Run("dotnet", [], "out", ("OMPI_COMM_WORLD_SIZE", "4"));
        Assert.Equal((int)ExitCode.Failure, result.Code);
        Assert.StartsWith(
            "error: device mpi: expected 4 ranks, as the launcher started, got 1 from Open MPI ",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_launcher_without_a_library_is_an_error() =>
        Assert.Equal(
            "device mpi: expected an MPI library, found none of libnone.so.1, libnone.so",
            MpiCollective.Join(["libnone.so.1", "libnone.so"], 2, RankPatience.Endless).ErrorMessage()
        );

    [Fact]
    public void A_library_that_is_not_MPI_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is Linux's");
        Assert.Equal(
            "device mpi: expected an MPI library, got libm.so.6 without MPI_Get_library_version",
            MpiCollective.Join(["libm.so.6"], 2, RankPatience.Endless).ErrorMessage()
        );
    }

    [Fact]
    public void Without_a_launcher_a_run_is_alone() =>
        Assert.Equal(1, new LaunchedRanks(name => name == "SLURM_NTASKS" ? "8" : null).Join(RankPatience.Endless).Value().Size);

    ProcessResult Run(string program, string[] launch, string output, params string[] more) => Run(program, launch, output, default, more);

    ProcessResult Run(string program, string[] launch, string output, (string Name, string Value) variable, params string[] more)
    {
        string[] command = Command(output, more);
        var start = program == "dotnet" ? MpiProgram.Start(program, command[1..]) : MpiProgram.Start(program, [.. launch, .. command]);
        if (variable.Name is { } set)
            start.Environment[set] = variable.Value;
        return MpiProgram.Run(start);
    }

    string[] Command(string output, params string[] more) =>
        MpiProgram.Program([
            "train-resnet",
            "--quiet",
            "--threads",
            "1",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            "--model.compress",
            "false",
            "--epochs",
            "2",
            .. TestImages.Network,
            "--dataloader.batch_size",
            "8",
            "--dataloader.micro_batch",
            "2",
            .. more,
        ]);

    static (int, string) Problems(ProcessResult result) => (result.Code, result.Error);

    void AssertSame(string expected, string actual)
    {
        foreach (
            string name in (string[])["trained_models/best.pqf", "trained_models/2.pth", "states/2.state", "metrics.csv", "results.txt"]
        )
            Assert.Equal(File.ReadAllBytes(folder.File($"{expected}/{name}")), File.ReadAllBytes(folder.File($"{actual}/{name}")));
    }
}
