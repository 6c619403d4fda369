using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Pqf.Autodiff;
using Pqf.Cli.Shell;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Runs of several processes of which one dies or stalls.</summary>
public sealed class MpiKillTests : IDisposable
{
    const int SigKill = 9,
        SigContinue = 18,
        SigStop = 19;

    static readonly TimeSpan longest = TimeSpan.FromSeconds(60);

    readonly TemporaryFolder folder = new();

    public MpiKillTests() => IdxFiles.Write(folder.File("idx"), 64, 12);

    public void Dispose() => folder.Dispose();

    // PQF_MPI_KILLS asks for more than the few that time allows for everywhere.
    static int KillCount =>
        int.TryParse(Environment.GetEnvironmentVariable("PQF_MPI_KILLS"), CultureInfo.InvariantCulture, out int count) ? count : 3;

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void A_run_of_which_a_rank_is_killed_ends_and_resumes_to_the_same_files(string launcher)
    {
        MpiProgram.Found(launcher);
        MpiProgram.Alone(Train("whole")).WithoutProblems();
        var key = RngKey.FromSeed(3).Fold(launcher);
        for (int kills = 0, runs = 0; kills < KillCount; runs++)
        {
            using var run = Start(launcher, "parts", "--resume");
            int rank = key.Fold("rank").Below(2, (ulong)runs);
            // From while the ranks start to when they have trained for a while.
            if (run.WaitForExit(300 + key.Below(4000, (ulong)runs)) || RankOf("parts", rank) is not { } process)
            {
                End(run);
                continue;
            }

            _ = Kill(process, SigKill);
            var ended = End(run);
            Assert.NotEqual(0, ended.Code);
            Assert.InRange(ended.Errors.Length, 0, 2);
            Assert.All(States(), AssertReadable);
            kills++;
            if (File.Exists(folder.File("parts/states/20.state")))
                Directory.Delete(folder.File("parts"), true); // the next points are to lie within a run, too
        }

        MpiProgram.Run(launcher, 2, Train("parts", "--resume")).WithoutProblems();
        foreach (string name in (string[])["trained_models/best.pqf", "states/20.state", "metrics.csv", "results.txt"])
            Assert.Equal(File.ReadAllBytes(folder.File($"whole/{name}")), File.ReadAllBytes(folder.File($"parts/{name}")));
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi, "0")]
    [InlineData(MpiProgram.OpenMpi, "0.004")]
    [InlineData(MpiProgram.Mpich, "0")]
    [InlineData(MpiProgram.Mpich, "0.004")]
    public void A_rank_that_stalls_is_named_and_the_state_is_saved(string launcher, string bucket)
    {
        MpiProgram.Found(launcher);
        using var run = Start(launcher, "out", "--rank_minutes", "0.05", "--rank_bucket_mb", bucket);
        WaitFor("out/states/1.state");
        _ = Kill(RankOf("out", 1)!.Value, SigStop);
        var ended = End(run);
        Assert.NotEqual(0, ended.Code);
        Assert.Equal(
            [
                "error: rank 0 has waited 0.05 minutes for the others, and rank 1 has not joined: they have stalled, or their work takes "
                    + "longer (rank_minutes)",
            ],
            ended.Errors
        );
        AssertReadable(folder.File("out/states/last.state"));
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void A_rank_that_is_late_is_waited_for(string launcher)
    {
        MpiProgram.Found(launcher);
        using var run = Start(launcher, "out");
        WaitFor("out/states/1.state");
        int late = RankOf("out", 1)!.Value;
        _ = Kill(late, SigStop);
        Thread.Sleep(3000); // longer than it takes the other rank to say that it waits
        _ = Kill(late, SigContinue);
        End(run).WithoutProblems();
    }

    string[] Train(string output, params string[] more) =>
        [
            "train-resnet",
            "--quiet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            "--save_minutes",
            "0",
            "--model.compress",
            "false",
            "--epochs",
            "20",
            .. TestImages.Network,
            "--dataloader.micro_batch",
            "2",
            "--rank_bucket_mb", // many exchanges on the way back
            "0.004",
            .. more,
        ];

    Process Start(string launcher, string output, params string[] more) =>
        Process.Start(
            MpiProgram.Start(MpiProgram.Found(launcher), ["-np", "2", .. MpiProgram.Program([.. Train(output, more), "--threads", "1"])])
        )!;

    static ProcessResult End(Process run)
    {
        var output = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!run.WaitForExit(longest))
        {
            run.Kill(entireProcessTree: true);
            Assert.Fail("the other ranks did not end");
        }

        return new(run.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    void WaitFor(string file)
    {
        for (long started = Stopwatch.GetTimestamp(); !File.Exists(folder.File(file)); Thread.Sleep(5))
            Assert.True(Stopwatch.GetElapsedTime(started) < longest, $"{file} was not written");
    }

    /// <summary>The process of a rank, by the variables that its launcher has given it; null where there is none now.</summary>
    int? RankOf(string output, int rank) =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .FirstOrDefault(id => id > 0 && IsRank(id, folder.File(output), rank))
            is > 0
                and var found
            ? found
            : null;

    static bool IsRank(int process, string output, int rank)
    {
        try
        {
            string[] command = File.ReadAllText($"/proc/{process}/cmdline").Split('\0'),
                variables = File.ReadAllText($"/proc/{process}/environ", Encoding.Latin1).Split('\0');
            return Path.GetFileName(command[0]) == "dotnet"
                && command.Contains(output)
                && (variables.Contains($"OMPI_COMM_WORLD_RANK={rank}") || variables.Contains($"PMI_RANK={rank}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is another user's
        }
    }

    string[] States() => Directory.Exists(folder.File("parts/states")) ? Directory.GetFiles(folder.File("parts/states"), "*.state") : [];

    static void AssertReadable(string path)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(path).Value();
        TrainingCheckpoint.Read(file, new Optimizer.Adam(), device).Value();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Kill(int process, int signal);
}
