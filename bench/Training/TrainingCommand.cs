using System.Globalization;

namespace Pqf.Bench.Training;

/// <summary><c>bench -- training</c>: steps of training, dense and compressed, and where their time goes; printed and written to
/// bench/results.</summary>
sealed record TrainingCommand(string Network, int? Width, int Size, int Batch, int[] Threads, int Steps, WeightForm[] Weights)
{
    /// <summary>What the options mean.</summary>
    public const string Usage = "expected --net, --width, --size, --batch, --threads, --steps or --weights (dense, compressed) with values";

    const string Header =
        "date,commit,network,width,size,batch,threads,weights,steps,ms,q1_ms,q3_ms,image_ms,gflops,peak_gflops,share,allocated_bytes,native_mib,growth_bytes";
    const string PartsHeader = "date,commit,network,width,size,batch,threads,weights,phase,work,count,ms,part";

    static TrainingCommand Default { get; } = new("resnet18", null, 224, 32, [Environment.ProcessorCount], 7, Enum.GetValues<WeightForm>());

    /// <summary>Reads options; null if one is unknown.</summary>
    public static TrainingCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            int Number() => int.Parse(value, CultureInfo.InvariantCulture);
            switch (arguments[i])
            {
                case "--net":
                    command = command with { Network = value };
                    break;
                case "--width":
                    command = command with { Width = Number() };
                    break;
                case "--size":
                    command = command with { Size = Number() };
                    break;
                case "--batch":
                    command = command with { Batch = Number() };
                    break;
                case "--threads":
                    command = command with
                    {
                        Threads = [.. value.Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))],
                    };
                    break;
                case "--steps":
                    command = command with { Steps = Number() };
                    break;
                case "--weights":
                    command = command with
                    {
                        Weights = [.. value.Split(',').Select(text => Enum.Parse<WeightForm>(text, ignoreCase: true))],
                    };
                    break;
                default:
                    return null;
            }
        }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Measures, prints and writes.</summary>
    public void Run()
    {
        List<string> rows = [],
            parts = [];
        foreach (int threads in Threads)
        {
            TrainingTimes[] measured = TrainingBench.Measure(
                [.. Weights.Select(weights => new TrainingCase(Network, Width, Size, Batch, threads, weights))],
                Steps
            );
            foreach (var times in measured)
            {
                Print(times);
                rows.Add(Row(times));
                parts.AddRange(
                    times.Parts.Select(part =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{Name(times.Case)},{part.Phase},{part.Work},{part.Count},{part.Ms:F3},{part.Ms / times.MedianMs:F4}"
                        )
                    )
                );
            }

            if (measured is [var one, var other])
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{other.Case.Weights} / {one.Case.Weights}: {other.MedianMs / one.MedianMs:F3} of medians, "
                            + $"{other.StepMs[0] / one.StepMs[0]:F3} of the shortest"
                    )
                );
        }

        Console.WriteLine($"written to {Results.Save("-training", Header, 2..8, rows)}");
        Console.WriteLine($"written to {Results.Save("-training-parts", PartsHeader, 2..8, parts)}");
    }

    static void Print(TrainingTimes t)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{t.Case}: {t.MedianMs:F1} ms ({t.Quantile(0.25):F1} … {t.Quantile(0.75):F1}) a step, "
                    + $"{t.MedianMs / t.Case.Batch:F2} ms an image, {t.Case.Operations / t.MedianMs / 1e6:F1} of {t.PeakGflops:F1} "
                    + $"GFLOP/s = {t.Share:P1}"
            )
        );
        Console.WriteLine(
            $"  {t.AllocatedBytes} B managed a step, {t.NativeBytes >> 20} MiB native after step 2, {t.GrowthBytes} B more later"
        );
        foreach (var phase in t.Parts.GroupBy(part => part.Phase).OrderByDescending(phase => phase.Sum(part => part.Ms)))
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {phase.Key, -40} {phase.Sum(part => part.Ms), 9:F1} ms {phase.Sum(part => part.Ms) / t.MedianMs, 6:P1}"
                )
            );
            foreach (var part in phase.Where(part => part.Ms > 0.002 * t.MedianMs))
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"    {part.Work, -38} {part.Ms, 9:F1} ms {part.Ms / t.MedianMs, 6:P1} in {part.Count}"
                    )
                );
        }
    }

    static string Name(TrainingCase c) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{c.Name},{c.Width},{c.Size},{c.Batch},{c.Threads},{c.Weights.ToString().ToLowerInvariant()}"
        );

    static string Row(TrainingTimes t) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(t.Case)},{t.StepMs.Length},{t.MedianMs:F2},{t.Quantile(0.25):F2},{t.Quantile(0.75):F2},{t.MedianMs / t.Case.Batch:F3},{t.Case.Operations / t.MedianMs / 1e6:F1},{t.PeakGflops:F1},{t.Share:F3},{t.AllocatedBytes},{t.NativeBytes >> 20},{t.GrowthBytes}"
        );
}
