using System.Diagnostics;
using System.Globalization;
using Pqf.Bench.Network;
using Pqf.Cli.Shell;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench.Soak;

/// <summary><c>bench -- soak</c>: classifies on several devices, each on a thread of its own, while another process trains, is killed at
/// random times and goes on; writes the process's memory and handles every half minute to bench/results. Linux alone.</summary>
/// <param name="Minutes">How long.</param>
/// <param name="Threads">Threads that classify.</param>
/// <param name="Data">Folder of IDX files to train on; null trains nothing.</param>
sealed record SoakCommand(double Minutes, int Threads, string? Data)
{
    const string Header = "date,commit,minute,classified,devices,kills,resident_mib,managed_mib,handles,threads";

    // A device, its plan and its memory are made again after so many batches.
    const int BatchesPerDevice = 200;

    static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(30);

    /// <summary>An hour.</summary>
    public static SoakCommand Default { get; } = new(60, 2, null);

    /// <summary>Reads options; null if one is unknown.</summary>
    public static SoakCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--minutes":
                    command = command with { Minutes = double.Parse(arguments[i + 1], CultureInfo.InvariantCulture) };
                    break;
                case "--threads":
                    command = command with { Threads = int.Parse(arguments[i + 1], CultureInfo.InvariantCulture) };
                    break;
                case "--data":
                    command = command with { Data = arguments[i + 1] };
                    break;
                default:
                    return null;
            }
        }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Runs, prints and writes.</summary>
    /// <exception cref="InvalidOperationException">A training that was resumed failed.</exception>
    public void Run()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(Minutes));
        var counts = new Counts();
        var work = Enumerable
            .Range(0, Threads)
            .Select(thread => Task.Factory.StartNew(() => Classify(thread, counts, end.Token), TaskCreationOptions.LongRunning))
            .ToList();
        if (Data is not null)
            work.Add(Task.Factory.StartNew(() => Train(counts, end.Token), TaskCreationOptions.LongRunning));
        List<string> rows = [];
        long start = Stopwatch.GetTimestamp();
        Console.WriteLine(Header);
        while (!end.Token.WaitHandle.WaitOne(BetweenSamples) && !work.Exists(task => task.IsFaulted))
        {
            rows.Add(Row(Stopwatch.GetElapsedTime(start).TotalMinutes, counts));
            Console.WriteLine(rows[^1]);
        }

        end.Cancel();
        Task.WaitAll([.. work]);
        Console.WriteLine($"written to {Results.Save("-soak", Header, 2..3, rows)}");
    }

    static void Classify(int thread, Counts counts, CancellationToken end)
    {
        var network = new NetworkCase("resnet18", 1, 1);
        float[][] images = [.. Enumerable.Range(0, Inputs.Count).Select(network.Input)];
        float[]? first = null;
        while (!end.IsCancellationRequested)
        {
            using var device = new HostDevice(1);
            using var scope = device.BeginScope();
            var plan = InferencePlan.Compile(network.Graph, network.Parameters(device), device, network.ChannelsLast);
            for (int batch = 0; batch < BatchesPerDevice && !end.IsCancellationRequested; batch++)
            {
                using var call = device.BeginScope();
                var image = Tensor<float>.From(device, network.ChannelsFirst, images[batch % images.Length]);
                float[] logits = plan.Run(ChannelOrder.ToChannelsLast(image)).ToArray();
                if (batch == 0 && !logits.AsSpan().SequenceEqual(first ??= logits))
                    throw new InvalidOperationException($"thread {thread}: other logits than at the start");
                Interlocked.Increment(ref counts.Classified);
            }

            Interlocked.Increment(ref counts.Devices);
        }
    }

    void Train(Counts counts, CancellationToken end)
    {
        string output = Directory.CreateTempSubdirectory("pqf-soak-").FullName;
        var key = RngKey.FromSeed(1).Fold("soak");
        for (ulong run = 0; !end.IsCancellationRequested; run++)
        {
            using var process = Start(output);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            if (process.WaitForExit(2000 + key.Below(20000, run)) && process.ExitCode != 0)
                throw new InvalidOperationException($"run {run} of the training failed: {errors.Result}");
            if (process.HasExited)
                continue;
            process.Kill();
            process.WaitForExit();
            Interlocked.Increment(ref counts.Kills);
        }

        Directory.Delete(output, recursive: true);
    }

    Process Start(string output) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    typeof(ExitCode).Assembly.Location,
                    "train",
                    "--dataloader.idx_path",
                    Data!,
                    "--output",
                    output,
                    "--resume",
                    "--save_minutes",
                    "0.05",
                    "--model.arch",
                    "resnet20",
                    "--model.width",
                    "16",
                    "--model.grey",
                    "true",
                    "--preprocessing.resize",
                    "28",
                    "--preprocessing.crop",
                    "28",
                    "--model.compress",
                    "false",
                    "--epochs",
                    "1000",
                    "--device",
                    "host",
                ]
            )
            {
                RedirectStandardError = true,
            }
        )!;

    static string Row(double minute, Counts counts)
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{minute:00.0},{counts.Classified},{counts.Devices},{counts.Kills},"
                + $"{process.WorkingSet64 / 1048576.0:F1},{GC.GetTotalMemory(false) / 1048576.0:F1},"
                + $"{Directory.GetFileSystemEntries("/proc/self/fd").Length},{process.Threads.Count}"
        );
    }

    /// <summary>What was done so far.</summary>
    sealed class Counts
    {
        public long Classified;
        public long Devices;
        public long Kills;
    }
}
