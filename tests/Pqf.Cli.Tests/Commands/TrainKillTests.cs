using System.Diagnostics;
using System.Runtime.InteropServices;
using Pqf.Autodiff;
using Pqf.Cli.Shell;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Runs of the program itself, ended from outside.</summary>
public sealed class TrainKillTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainKillTests() => IdxFiles.Write(folder.File("idx"), 200, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_run_killed_twenty_times_goes_on_each_time_and_ends_as_one_that_was_not()
    {
        Assert.Equal(0, Wait(Start("whole")));
        var key = RngKey.FromSeed(7);
        for (int kills = 0; kills < 20; )
        {
            using var process = Start("parts", "--resume");
            // From while the program starts to when it has trained for a while.
            if (process.WaitForExit(200 + key.Below(1300, (ulong)kills)))
            {
                // The machine is fast: this run is over, and another one begins.
                AssertSameFiles();
                Directory.Delete(folder.File("parts"), true);
                continue;
            }

            process.Kill();
            process.WaitForExit();
            kills++;
            Assert.All(States(), AssertReadable);
        }

        Assert.Equal(0, Wait(Start("parts", "--resume")));
        AssertSameFiles();
    }

    void AssertSameFiles()
    {
        foreach (string name in (string[])["trained_models/best.pth", "states/40.state", "metrics.csv", "results.txt"])
            Assert.Equal(File.ReadAllBytes(folder.File($"whole/{name}")), File.ReadAllBytes(folder.File($"parts/{name}")));
    }

    [Theory]
    [InlineData(2)] // SIGINT, as Ctrl-C
    [InlineData(1)] // SIGHUP, as a terminal that is closed sends it
    [InlineData(3)] // SIGQUIT
    [InlineData(15)] // SIGTERM, as schedulers send it
    public void A_run_that_is_asked_to_stop_saves_its_state(int signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent with kill(2)");
        using var process = Start("out");
        while (!File.Exists(folder.File("out/states/2.state")))
            Assert.False(process.WaitForExit(10), "the run ended by itself");
        Assert.Equal(0, Kill(process.Id, signal));
        string error = process.StandardError.ReadToEnd();
        Assert.Equal((int)ExitCode.Interrupted, Wait(process));
        Assert.EndsWith("interrupted\n", error, StringComparison.Ordinal);
        string saved = error.Split('\n').Single(line => line.StartsWith("saved the state at ", StringComparison.Ordinal));
        var progress = Progress(folder.File("out/states/last.state"));
        Assert.EndsWith($" --resume {folder.File("out")}", saved, StringComparison.Ordinal);
        Assert.StartsWith($"saved the state at epoch {progress.Epoch + 1}, batch {progress.Batch};", saved, StringComparison.Ordinal);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Kill(int process, int signal);

    string[] States() => Directory.Exists(folder.File("parts/states")) ? Directory.GetFiles(folder.File("parts/states"), "*.state") : [];

    static void AssertReadable(string path)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(path).Value();
        TrainingCheckpoint.Read(file, new Optimizer.Adam(), device).Value();
    }

    static TrainingProgress Progress(string path)
    {
        using var file = TensorFiles.Open(path).Value();
        return TrainingCheckpoint.ReadProgress(file).Value().Progress;
    }

    Process Start(string output, params string[] more) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    typeof(CommandLine).Assembly.Location,
                    "train-resnet",
                    "--dataloader.idx_path",
                    folder.File("idx"),
                    "--output",
                    folder.File(output),
                    "--save_minutes",
                    "0",
                    "--model.compress",
                    "false",
                    "--epochs",
                    "40",
                    .. TestImages.Network,
                    .. more,
                ]
            )
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;

    static int Wait(Process process)
    {
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
