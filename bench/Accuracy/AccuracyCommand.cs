using System.Globalization;

namespace Pqf.Bench.Accuracy;

/// <summary><c>bench -- accuracy</c>: rounding errors of convolutions by each algorithm; printed and written to bench/results.</summary>
/// <param name="Networks">Files of networks.</param>
/// <param name="Images">Folder of photographs.</param>
/// <param name="Count">Photographs.</param>
sealed record AccuracyCommand(string[] Networks, string Images, int Count)
{
    public const string Usage = "expected --network, --images or --count, each with a value";
    const string Header = "date,commit,network,layer,kind,algorithm,plans,photographs,max_error,rms_error";

    /// <summary>The published networks and photographs of the folder <c>shared</c> beside the checkout.</summary>
    public static AccuracyCommand Default { get; } =
        new(["../shared/published/resnet18.pth", "../shared/published/resnet50_large.pth"], PhotographSet.Shared, 8);

    /// <summary>Reads options; null if one is unknown.</summary>
    public static AccuracyCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
            switch (arguments[i])
            {
                case "--network":
                    command = command with { Networks = arguments[i + 1].Split(',') };
                    break;
                case "--images":
                    command = command with { Images = arguments[i + 1] };
                    break;
                case "--count":
                    command = command with { Count = int.Parse(arguments[i + 1], CultureInfo.InvariantCulture) };
                    break;
                default:
                    return null;
            }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Measures, prints and writes.</summary>
    public void Run()
    {
        PreparedPhotograph[] photographs = PhotographSet.Take(Images, Count);
        List<string> rows = [];
        foreach (string network in Networks)
        {
            string name = Path.GetFileNameWithoutExtension(network);
            var layers = AccuracyBench.Measure(network, photographs);
            Console.WriteLine($"{name}, {Count} photographs; errors as parts of the largest output: max, rms (plans)");
            foreach (var layer in layers.GroupBy(row => (row.Layer, row.Kind)))
                Console.WriteLine(
                    $"{layer.Key.Layer, -16} {layer.Key.Kind, -12} "
                        + $"{string.Join(" | ", layer.Select(row => $"{row.Algorithm} {Text(row.Max)} {Text(row.Rms)} {$"({row.Chosen})", -8}"))}"
                );
            rows.AddRange(
                layers.Select(row =>
                    $"{Results.Date},{Results.Commit},{name},{row.Layer},{row.Kind},{row.Algorithm},{row.Chosen},{Count},{Text(row.Max)},{Text(row.Rms)}"
                )
            );
        }

        Console.WriteLine($"written to {Results.Save("-accuracy", Header, 2..6, rows)}");
    }

    static string Text(double error) => error.ToString("0.00e+0", CultureInfo.InvariantCulture);
}
