using System.Globalization;
using Pqf.Nets.Coco;

namespace Pqf.Bench.Detection;

/// <summary><c>bench -- maskrcnn</c>: a photograph through a whole Mask R-CNN and a step of training on two, and where their time goes;
/// printed and written to bench/results.</summary>
sealed record MaskRcnnCommand(MaskRcnnCase[] Cases, int[] Threads, int Steps, int Images)
{
    /// <summary>What the options mean.</summary>
    public const string Usage = "expected --case (default, small), --threads, --steps or --images with values; 0 leaves a part out";

    const string Header = "date,commit,case,threads,work,calls,ms,best_ms,peak_gflops,native_mib,resident_mib";
    const string PartsHeader = "date,commit,case,threads,work,stage,loop,count,ms,part";

    /// <summary>Reads options; null if one is unknown.</summary>
    public static MaskRcnnCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = new MaskRcnnCommand([MaskRcnnCase.Default, MaskRcnnCase.Small], [Environment.ProcessorCount], 3, 5);
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            int Number() => int.Parse(value, CultureInfo.InvariantCulture);
            switch (arguments[i])
            {
                case "--case":
                    command = command with { Cases = [.. command.Cases.Where(known => value.Split(',').Contains(known.Name))] };
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
                case "--images":
                    command = command with { Images = Number() };
                    break;
                default:
                    return null;
            }
        }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Measures, prints and writes. Steps come first: what the process has at most then is theirs.</summary>
    public void Run()
    {
        List<string> rows = [],
            parts = [];
        foreach (int threads in Threads)
        foreach (var detector in Cases)
        {
            if (Steps > 0)
                Add(MaskRcnnBench.Steps(detector, threads, Steps));
            if (Images > 0)
                Add(MaskRcnnBench.Images(detector, threads, Images));
            void Add(MaskRcnnTimes times)
            {
                string name = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Results.Date},{Results.Commit},{detector.Name},{threads},{times.Work}"
                );
                Print(detector, threads, times);
                rows.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name},{times.Ms.Length},{times.MedianMs:F1},{times.Ms[0]:F1},{times.PeakGflops:F1},{times.NativeBytes >> 20},{times.ResidentMib}"
                    )
                );
                parts.AddRange(
                    times.Parts.Select(part =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{name},{part.Phase},{part.Work},{part.Count},{part.Ms:F3},{part.Ms / times.MedianMs:F4}"
                        )
                    )
                );
            }
        }

        Console.WriteLine($"written to {Results.Save("-maskrcnn", Header, 2..5, rows)}");
        Console.WriteLine($"written to {Results.Save("-maskrcnn-parts", PartsHeader, 2..7, parts)}");
    }

    static void Print(MaskRcnnCase detector, int threads, MaskRcnnTimes t)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{t.Work}, {detector.Name}, threads {threads}: {t.MedianMs:F0} ms ({t.Ms[0]:F0} … {t.Ms[^1]:F0}) of "
                    + $"{t.Ms.Length}, peak {t.PeakGflops:F0} GFLOP/s, {t.NativeBytes >> 20} MiB native, {t.ResidentMib} MiB resident"
            )
        );
        foreach (var stage in t.Parts.GroupBy(part => part.Phase).OrderByDescending(stage => stage.Sum(part => part.Ms)))
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {stage.Key, -40} {stage.Sum(part => part.Ms), 9:F1} ms {stage.Sum(part => part.Ms) / t.MedianMs, 6:P1}"
                )
            );
            foreach (var part in stage.Where(part => part.Ms > 0.004 * t.MedianMs))
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"    {part.Work, -38} {part.Ms, 9:F1} ms {part.Ms / t.MedianMs, 6:P1} in {part.Count}"
                    )
                );
        }
    }
}
