using System.Globalization;

namespace Pqf.Bench.Network;

/// <summary><c>bench -- network</c>: whole networks against ONNX Runtime, then where our time goes; printed and written to
/// bench/results.</summary>
/// <param name="Networks">Architectures, or paths of ONNX models.</param>
/// <param name="Threads">Thread counts.</param>
/// <param name="Batches">Batch sizes.</param>
/// <param name="Rounds">Turns of each side.</param>
/// <param name="Processes">Whether each side has a process of its own.</param>
sealed record NetworkCommand(string[] Networks, int[] Threads, int[] Batches, int Rounds, bool Processes)
{
    const string Header =
        "date,commit,network,threads,batch,processes,rounds,calls,pqf_ms,pqf_q1_ms,pqf_q3_ms,onnxruntime_ms,onnxruntime_q1_ms,onnxruntime_q3_ms,ratio,ratio_min,ratio_max,logits_difference";
    const string LayersHeader = "date,commit,network,threads,batch,step,layer,kind,ms,gflops,share";

    /// <summary>Everything that is measured unless asked otherwise.</summary>
    public static NetworkCommand Default { get; } =
        new(["resnet18", "resnet50"], [.. new[] { 1, Environment.ProcessorCount }.Distinct()], [1, 8, 32], 5, false);

    /// <summary>Reads options; null if one is unknown.</summary>
    public static NetworkCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i < arguments.Length; i++)
        {
            string[] values = i + 1 < arguments.Length ? arguments[i + 1].Split(',') : [];
            int[] Numbers() => [.. values.Select(value => int.Parse(value, CultureInfo.InvariantCulture))];
            switch (arguments[i])
            {
                case "--processes":
                    command = command with { Processes = true };
                    continue;
                case "--net":
                    command = command with { Networks = values };
                    break;
                case "--threads":
                    command = command with { Threads = Numbers() };
                    break;
                case "--batch":
                    command = command with { Batches = Numbers() };
                    break;
                case "--rounds":
                    command = command with { Rounds = Numbers()[0] };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return command;
    }

    /// <summary>Measures, prints and writes.</summary>
    public void Run()
    {
        NetworkCase[] cases =
        [
            .. from threads in Threads from name in Networks from batch in Batches select new NetworkCase(name, threads, batch),
        ];
        var bench = new NetworkBench(Rounds, Processes);
        List<string> rows = [],
            layers = [];
        Console.WriteLine(
            "network            threads batch |     Pqf ms (quartiles)      | ONNX Runtime ms (quartiles) | ratio (rounds)     | logits"
        );
        foreach (var network in cases)
        {
            var comparison = bench.Measure(network);
            Console.WriteLine(Line(comparison));
            rows.Add(Row(comparison));
        }

        foreach (var network in cases)
        {
            var steps = LayerBench.Measure(network);
            Print(network, steps);
            layers.AddRange(steps.Select((step, i) => Row(network, step, i)));
        }

        Console.WriteLine($"written to {Results.Save("-network", Header, 2..6, rows)}");
        Console.WriteLine($"written to {Results.Save("-network-layers", LayersHeader, 2..6, layers)}");
    }

    static string Line(Comparison c) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{c.Case.ShortName, -18} {c.Case.Threads, 7} {c.Case.Batch, 5} | {Spread(c.Ours)} | {Spread(c.Peer)} | {c.Ratio:F2} "
                + $"({c.RoundRatios[0]:F2} … {c.RoundRatios[^1]:F2}) | {c.Difference:0.0e+0}"
        );

    static string Spread(Side side) =>
        string.Create(CultureInfo.InvariantCulture, $"{side.Median, 9:F2} ({side.Quantile(0.25):F2} … {side.Quantile(0.75):F2})")
            .PadRight(27);

    string Row(Comparison c) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{c.Case.ShortName},{c.Case.Threads},{c.Case.Batch},{(Processes ? 2 : 1)},{Rounds},{c.Ours.All.Length},{Row(c.Ours)},{Row(c.Peer)},{c.Ratio:F3},{c.RoundRatios[0]:F3},{c.RoundRatios[^1]:F3},{c.Difference:0.0e+0}"
        );

    static string Row(Side side) =>
        string.Create(CultureInfo.InvariantCulture, $"{side.Median:F3},{side.Quantile(0.25):F3},{side.Quantile(0.75):F3}");

    static string Row(NetworkCase network, StepTime step, int number) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{network.ShortName},{network.Threads},{network.Batch},{number:00},{step.Name},{step.Kind},{step.Ms:F4},{step.Gflops:F1},{step.Share:F3}"
        );

    /// <summary>Steps of the same kind in one line, those that take most first.</summary>
    static void Print(NetworkCase network, StepTime[] steps)
    {
        double total = steps.Sum(step => step.Ms);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Environment.NewLine}{network.ShortName}, threads {network.Threads}, batch {network.Batch}: {total:F2} ms in "
                    + $"{steps.Length} steps"
            )
        );
        Console.WriteLine("step                        times      ms   part   each ms  GFLOP/s  of peak");
        foreach (var kind in steps.GroupBy(step => step.Kind).OrderByDescending(kind => kind.Sum(step => step.Ms)))
        {
            double ms = kind.Sum(step => step.Ms),
                work = kind.Sum(step => step.Gflops * step.Ms);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kind.Key, -28} {kind.Count(), 4} {ms, 7:F2} {ms / total, 6:P0} {ms / kind.Count(), 9:F3} {work / ms, 8:F0} "
                        + $"{kind.Sum(step => step.Share * step.Ms) / ms, 8:P0}"
                )
            );
        }
    }
}
