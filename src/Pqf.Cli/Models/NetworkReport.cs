using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Nets;

namespace Pqf.Cli.Models;

/// <summary>Says what a network is and how large.</summary>
static class NetworkReport
{
    /// <summary>Counts a network, for one image.</summary>
    public static Cost CostOf(NetworkFile network) => Cost.Of(network.Graph, network.Parameters, Classifier.InputShape(network.Preprocessing, 1));

    /// <summary>Two lines: which network, and its size.</summary>
    public static IEnumerable<string> Lines(NetworkFile network)
    {
        var cost = CostOf(network);
        yield return $"network  {NameText(network.Architecture)}, {network.Architecture.ClassCount} classes, {InputText(network.Preprocessing)} ({network.Format})";
        yield return $"size     {SizeText(cost)}";
    }

    /// <summary><c>12,927,232 bits = 1.541 MiB; 28.94 times smaller than 374,064,384 bits dense</c>.</summary>
    public static string SizeText(Cost cost) =>
        $"{Figures.Count(cost.Bits)} bits = {Figures.MebiBytes(cost.Bits)}; {Figures.Ratio(cost.Ratio)} times smaller than the dense network's {Figures.Count(cost.DenseBits)} bits";

    /// <summary>Says on the error output which tensors of a file the network has no use for.</summary>
    public static void NoteUnused(RunContext run, NetworkFile network)
    {
        if (!network.Unused.IsEmpty)
            run.Note(string.Create(CultureInfo.InvariantCulture, $"{network.Path}: {network.Unused.Length} tensors are not the network's and are left out: {string.Join(", ", network.Unused.Take(5))}{(network.Unused.Length > 5 ? ", …" : "")}"));
    }

    static string NameText(Architecture architecture) => architecture.Width is { } width ? $"{architecture.Name} of width {width}" : architecture.Name;

    static string InputText(Preprocessing preprocessing) => $"images of {preprocessing.Crop}×{preprocessing.Crop}, {(preprocessing.Channels == 1 ? "grey" : "colour")}";
}
