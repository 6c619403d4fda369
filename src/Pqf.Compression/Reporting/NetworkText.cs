using System.Globalization;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>Says what a network is and how large.</summary>
public static class NetworkText
{
    /// <summary>Counts a network, for one image.</summary>
    public static Cost CostOf(Network network) => CostOf(network.Model);

    /// <summary>Two lines: which network, and its size.</summary>
    public static IEnumerable<string> Lines(Network network) => Lines(network.Model, network.Format);

    /// <summary>Two lines: which network, and its size.</summary>
    /// <param name="model">The network.</param>
    /// <param name="format">Its kind, for a person.</param>
    public static IEnumerable<string> Lines(PqfModel model, string format) => NetworkSummary.Of(model, format).Lines();

    internal static Cost CostOf(PqfModel model) => Cost.Of(model.Graph, model.Parameters, InputShape(model));

    /// <summary>What was guessed when the network's file was read, and which of its tensors the network does not use; a line
    /// each.</summary>
    public static IEnumerable<string> Notes(Network network)
    {
        foreach (string note in network.Notes)
            yield return $"{network.Path}: {note}";
        if (network.GuessesImages)
            yield return $"{network.Path}: nothing says what images it takes: they are resized to {network.Preprocessing.Resize} and "
                + $"cropped to {network.Preprocessing.Crop} pixels, with ImageNet's mean and deviation; for others set "
                + "preprocessing.resize, crop, mean and deviation";
        if (!network.Unused.IsEmpty)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{network.Path}: {Plural.Of(network.Unused.Length, "tensor is", "tensors are")} not the network's and left out: "
                    + $"{string.Join(", ", network.Unused.Take(5).Select(Printable.Name))}{(network.Unused.Length > 5 ? ", …" : "")}"
            );
    }

    /// <summary>What of a network a file of its tensors alone does not hold, and the keys that say it again; null if nothing is
    /// lost.</summary>
    /// <param name="model">The network.</param>
    /// <param name="path">The file.</param>
    public static string? NotKept(PqfModel model, string path)
    {
        string[] keys =
        [
            .. model.ClassNames is ClassNames.Listed ? (string[])["class names (model.class_names)"] : [],
            .. IsUsual(model.Preprocessing) ? [] : (string[])["preprocessing (preprocessing.resize, crop, mean, deviation)"],
            .. HasUsualOptions(model) ? [] : (string[])["settings of the detector (model.maskrcnn)"],
        ];
        if (model.Architecture.Options is GraphOptions graph && !FamilyNetwork.IsToldByNames(graph))
            return $"{path}: this file keeps no {string.Join(" and no ", [.. keys, "graph of the network"])}; your own PyTorch "
                + "code can use its tensors, and a .pqf keeps all";
        return keys is []
            ? null
            : $"{path}: this file keeps no {string.Join(" and no ", keys)}; give the keys whenever it is read, or use a .pqf";
    }

    /// <summary>Whether the options of the network's family are those that its weights alone tell.</summary>
    static bool HasUsualOptions(PqfModel model) =>
        ArchitectureText.HaveSameOptions(
            model.Architecture,
            Networks.FamilyOf(model.Architecture).Sized(model.Architecture.Name, WeightShapes.Of(model.Graph))
        );

    static bool IsUsual(Preprocessing preprocessing)
    {
        var usual = Preprocessing.Of(preprocessing.Channels);
        return (preprocessing.Resize, preprocessing.Crop) == (usual.Resize, usual.Crop)
            && preprocessing.Mean.SequenceEqual(usual.Mean)
            && preprocessing.Deviation.SequenceEqual(usual.Deviation);
    }

    /// <summary><c>resnet20 of width 32</c>.</summary>
    public static string NameText(Architecture architecture) =>
        architecture.Width is { } width ? $"{architecture.Name} of width {width}" : Printable.Name(architecture.Title);

    /// <summary>Of one image; of the largest square one where the network resizes images itself.</summary>
    internal static Shape InputShape(PqfModel network) =>
        Networks.FamilyOf(network.Architecture).InputSide?.Invoke(network.Architecture) is { } side
            ? [1, side, side, network.Architecture.InChannels]
            : network.Preprocessing.InputShape(1);
}
