using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>What a file holds.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">Its kind, for a person.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Metadata">Text by key, as the file has it.</param>
/// <param name="Tensors">In the file's order.</param>
/// <param name="Network">The network; null where the file holds none that is known.</param>
/// <param name="Graph">The network's layers, in graph order.</param>
/// <param name="Layers">The network's sizes by layer.</param>
/// <param name="Problems">Why the file is not a network that is known.</param>
sealed record InspectResult(
    string Path,
    string Format,
    long SizeBytes,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<TensorResult> Tensors,
    NetworkSummary? Network,
    IReadOnlyList<GraphRow> Graph,
    IReadOnlyList<LayerSize> Layers,
    IReadOnlyList<string> Problems
) : CommandResult
{
    const int LongestText = 100;

    /// <summary>Whether a person reads the tensors of a file whose network is known.</summary>
    [JsonIgnore]
    public bool ListsTensors { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            $"{Path}: {Format}, {Figures.Count(SizeBytes)} bytes",
            .. Metadata.Select(pair => $"  {pair.Key}: {Shorten(pair.Value)}"),
            "",
            .. Network is null ? Problems : NetworkLines(Network),
            "",
            .. ListsTensors || Network is null
                ? [.. new Table(["tensor", "type", "shape", " bytes"], [.. Tensors.Select(tensor => tensor.Row())]).Lines()]
                : (string[])[],
            $"{Plural.Of(Tensors.Count, "tensor")}, {Figures.Count(Tensors.Sum(tensor => tensor.Count()))} values, "
                + $"{Figures.Count(Tensors.Sum(tensor => tensor.SizeBytes))} bytes"
                + (ListsTensors || Network is null ? "" : "; --tensors lists them"),
        ];

    IEnumerable<string> NetworkLines(NetworkSummary network) =>
        [
            .. network.Lines(),
            "",
            .. new Table(GraphTable.Columns, GraphTable.Fields(Graph)).Lines(),
            "",
            .. new Table(
                ["layer", "shape", " k", " d", " bits", " dense bits", " ratio"],
                [.. Layers.Select(layer => layer.Row())]
            ).Lines(),
        ];

    static string Shorten(string text) => text.Length <= LongestText ? text : $"{text[..LongestText]}… ({text.Length} characters)";
}

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Of its values.</param>
/// <param name="Shape">Its lengths.</param>
/// <param name="SizeBytes">In the file.</param>
sealed record TensorResult(string Name, string Type, IReadOnlyList<int> Shape, long SizeBytes)
{
    internal ImmutableArray<string> Row() => [Name, Type, $"[{string.Join(", ", Shape)}]", Figures.Count(SizeBytes)];

    internal long Count() => Shape.Aggregate(1L, (product, length) => product * length);
}

/// <summary>The size of a layer.</summary>
/// <param name="Name">Of the layer.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="K">Words of the codebook; null without codes.</param>
/// <param name="D">Values of a block; null without codes.</param>
/// <param name="Bits">As the network is.</param>
/// <param name="DenseBits">With all values in single precision.</param>
sealed record LayerSize(string Name, IReadOnlyList<int> Shape, int? K, int? D, long Bits, long DenseBits)
{
    /// <summary>How many times smaller the layer is than its dense form.</summary>
    public double Ratio => (double)DenseBits / Bits;

    /// <summary>Describes a layer.</summary>
    public static LayerSize Of(LayerCost layer, Weight weight) =>
        new(
            layer.Name,
            layer.Shape.AsSpan().ToArray(),
            (weight as Weight.Quantised)?.K,
            (weight as Weight.Quantised)?.D,
            layer.Bits,
            layer.DenseBits
        );

    internal ImmutableArray<string> Row() =>
        [
            Name,
            $"[{string.Join(", ", Shape)}]",
            K is { } k ? Figures.Count(k) : "",
            D is { } d ? Figures.Count(d) : "",
            Figures.Count(Bits),
            Figures.Count(DenseBits),
            Figures.Ratio(Ratio),
        ];
}
