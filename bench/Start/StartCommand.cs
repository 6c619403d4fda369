using System.Globalization;
using System.Runtime.InteropServices;
using Pqf.Bench.Network;
using Pqf.Cli;
using Pqf.Cli.Shell;

namespace Pqf.Bench.Start;

/// <summary><c>bench -- start</c>: from a process's start to the first logits of one photograph, ours and ONNX Runtime's in turn; printed
/// and written to bench/results.</summary>
/// <param name="Networks">Compressed networks of any form.</param>
/// <param name="Programs">Published programs <c>pqf</c>.</param>
/// <param name="Images">Folder of photographs; starts take turns with them.</param>
/// <param name="Threads">Threads that each side may use.</param>
/// <param name="Starts">Of each side; one more comes first and does not count, for it reads files from the disk.</param>
sealed record StartCommand(string[] Networks, string[] Programs, string Images, int Threads, int Starts)
{
    public const string Usage = "expected --network, --program, --images, --threads or --starts, each with a value";
    const string Header =
        "date,commit,network,threads,side,file_bytes,starts,cpu_ms,cpu_min_ms,cpu_max_ms,wall_ms,wall_min_ms,wall_max_ms,peak_mb,peak_max_mb,logits_difference";

    /// <summary>How far logits may be apart, as a part of the largest.</summary>
    const double Tolerance = 1e-3;

    /// <summary>The published network and photographs of the folder <c>shared</c> beside the checkout.</summary>
    public static StartCommand Default { get; } =
        new(["../shared/published/resnet50_large.pth"], [], PhotographSet.Shared, Environment.ProcessorCount, 9);

    /// <summary>Reads options; null if one is unknown.</summary>
    public static StartCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--network":
                    command = command with { Networks = value.Split(',') };
                    break;
                case "--program":
                    command = command with { Programs = value.Split(',') };
                    break;
                case "--images":
                    command = command with { Images = value };
                    break;
                case "--threads":
                    command = command with { Threads = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--starts":
                    command = command with { Starts = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                default:
                    return null;
            }
        }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Measures, prints and writes.</summary>
    /// <exception cref="InvalidOperationException">A process failed, or sides compute different logits.</exception>
    public void Run()
    {
        var folder = Directory.CreateTempSubdirectory("pqf-bench-start");
        try
        {
            PreparedPhotograph[] photographs = PhotographSet.Take(Images, Starts + 1);
            List<string> rows = [];
            foreach (string network in Networks)
                rows.AddRange(Measure(network, photographs, folder.FullName));
            Console.WriteLine($"written to {Results.Save("-start", Header, 2..5, rows)}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Rows of one network.</summary>
    string[] Measure(string network, PreparedPhotograph[] photographs, string folder)
    {
        var (sides, reference) = Sides(network, folder);
        string input = Path.Combine(folder, "input");
        Consumption[][] measured = [.. sides.Select(_ => new Consumption[photographs.Length])];
        double?[] differences = new double?[sides.Length];
        for (int start = 0; start < photographs.Length; start++)
        {
            File.WriteAllBytes(input, MemoryMarshal.AsBytes<float>(ChannelsFirst(photographs[start].Values)));
            for (int i = 0; i < sides.Length; i++)
                measured[i][start] = sides[i].Start(photographs[start].Path, input);
            for (int i = 0; i < sides.Length; i++)
                differences[i] = Larger(differences[i], sides[i].Difference(measured[i][start], reference.Logits));
        }

        if (differences.Any(difference => difference is { } value && !(value <= Tolerance)))
            throw new InvalidOperationException($"{network}: logits differ by {string.Join(", ", differences)} of the largest");
        Console.WriteLine(
            $"{Path.GetFileName(network)}, {Threads} threads, {Starts} starts each{Environment.NewLine}{"", -30}  file MB |     "
                + $"CPU ms (from … to)      |    clock ms (from … to)     | peak MB (most)"
        );
        return [.. sides.Select((side, i) => Report(Path.GetFileName(network), side, measured[i][1..], differences[i]))];
    }

    /// <summary>All ways to a network's logits, from files written by <c>pqf convert</c>; the last one's logits are what the others are
    /// held to.</summary>
    (StartSide[] Sides, StartSide.Library Reference) Sides(string network, string folder)
    {
        string Convert(string name, params string[] options)
        {
            string path = Path.Combine(folder, name);
            var terminal = new Terminal(TextWriter.Null, Console.Error, false, TimeProvider.System, CancellationToken.None);
            return CommandLine.Run(["convert", network, path, .. options], terminal) == ExitCode.Success
                ? path
                : throw new InvalidOperationException($"{network}: not converted to {name}");
        }

        string pqf = Convert("network.pqf");
        var dense = new StartSide.Library("ONNX Runtime, dense .onnx", Runner.Peer, Convert("dense.onnx", "--dense"), Threads);
        return (
            [
                .. Programs.Select(program => new StartSide.Program(program, pqf, Threads)),
                new StartSide.Library("Pqf, .pqf", Runner.Ours, pqf, Threads),
                new StartSide.Library("ONNX Runtime, compressed .onnx", Runner.Peer, Convert("compressed.onnx"), Threads),
                dense,
            ],
            dense
        );
    }

    // Max() lets through what is no number
    static double? Larger(double? x, double? y) => x is { } a && y is { } b ? Math.Max(a, b) : x ?? y;

    /// <summary>[H, W, 3] to [3, H, W].</summary>
    static float[] ChannelsFirst(float[] values)
    {
        float[] planes = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
            planes[(i % 3 * (values.Length / 3)) + (i / 3)] = values[i];
        return planes;
    }

    /// <summary>Prints a side and gives its row.</summary>
    string Report(string network, StartSide side, Consumption[] starts, double? difference)
    {
        Side cpu = Side.Of([
                [.. starts.Select(start => start.CpuMs)],
            ]),
            wall = Side.Of([
                [.. starts.Select(start => start.WallMs)],
            ]),
            peak = Side.Of([
                [.. starts.Select(start => start.PeakMb)],
            ]);
        long bytes = new FileInfo(side.Model).Length;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{side.Name, -30} {bytes / 1e6, 8:F2} | {Spread(cpu)} | {Spread(wall)} | {peak.Median:F0} ({peak.All[^1]:F0})"
            )
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{network},{Threads},{side.Name.Replace(",", "")},{bytes},{starts.Length},{Row(cpu)},{Row(wall)},{peak.Median:F1},{peak.All[^1]:F1},{difference:0.0e+0}"
        );
    }

    static string Spread(Side side) =>
        string.Create(CultureInfo.InvariantCulture, $"{side.Median, 6:F0} ({side.All[0]:F0} … {side.All[^1]:F0})").PadRight(27);

    static string Row(Side side) => string.Create(CultureInfo.InvariantCulture, $"{side.Median:F1},{side.All[0]:F1},{side.All[^1]:F1}");
}
