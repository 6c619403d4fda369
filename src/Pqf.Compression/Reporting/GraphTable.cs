using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>A node of a network's graph.</summary>
/// <param name="Layer">The layer's name; empty for a node without weights.</param>
/// <param name="Kind">What it computes.</param>
/// <param name="Output">Lengths of its value for one image: channels, height, width.</param>
/// <param name="ParameterCount">Its values; null where it has none, or they were counted at an earlier node.</param>
/// <param name="MultiplyAdds">For one image; null for none.</param>
/// <param name="Group">The channel groups of its columns and rows: <c>3→4</c>.</param>
/// <param name="D">Values of a block; null without codes.</param>
public sealed record GraphRow(
    string Layer,
    string Kind,
    IReadOnlyList<int> Output,
    long? ParameterCount,
    long? MultiplyAdds,
    string Group,
    int? D
);

/// <summary>A network's graph as text: a row for each node, in graph order.</summary>
public static class GraphTable
{
    /// <summary>Names are cut in the middle to this many characters, so that a line has fewer than 120.</summary>
    const int NameLength = 36;

    /// <summary>Titles; one that begins with a space has its column aligned to the right.</summary>
    public static ImmutableArray<string> Columns { get; } = ["layer", "kind", " output", " parameters", " multiply-adds", " group", " d"];

    /// <summary>The rows, for one image.</summary>
    /// <param name="model">The network.</param>
    /// <remarks>
    /// <c>output</c> is C × H × W. <c>group</c> is the number of the channel group that the layer's rows or columns are reordered with,
    /// columns first: <c>3→4</c>; <c>3…9</c> where they belong to several. <c>d</c> is the block length of codes: the network's own where
    /// it is compressed, else that of the default settings.
    /// </remarks>
    public static ImmutableArray<GraphRow> Rows(PqfModel model)
    {
        var shapes = GraphShapes.Of(model.Graph, NetworkText.InputShape(model));
        var groups = ChannelGroups.Of(model.Graph);
        var blocks = BlockLengths(model);
        var seen = new HashSet<string>();
        return
        [
            .. model.Graph.Nodes.Select(
                (node, i) =>
                {
                    string layer = node.Parameters is [var first, ..] ? LayerOf(first) : "";
                    // Weights that several nodes share count once.
                    bool isFirst = layer.Length > 0 && seen.Add(layer);
                    return new GraphRow(
                        layer,
                        node.Kind,
                        Lengths(shapes[i]),
                        isFirst ? CountOf(node) : null,
                        node.MultiplyAdds(shapes[i]) is > 0 and var work ? work : null,
                        layer.Length > 0 ? GroupOf(groups, layer) : "",
                        blocks.TryGetValue(layer, out int d) ? d : null
                    );
                }
            ),
        ];
    }

    /// <summary>The fields of rows, for <see cref="Columns"/>.</summary>
    public static ImmutableArray<ImmutableArray<string>> Fields(IEnumerable<GraphRow> rows) =>
        [
            .. rows.Select(row =>
                (ImmutableArray<string>)
                    [
                        Middle(Printable.Name(row.Layer), NameLength),
                        row.Kind,
                        string.Join('×', row.Output),
                        row.ParameterCount is { } count ? Figures.Count(count) : "",
                        row.MultiplyAdds is { } work ? Figures.Count(work) : "",
                        row.Group,
                        row.D is { } d ? Figures.Count(d) : "",
                    ]
            ),
        ];

    /// <summary>A text that is cut in the middle: both ends of a layer's name say where it is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Most characters, three at least.</param>
    public static string Middle(string text, int length) =>
        text.Length <= length ? text : $"{text[..(length / 2)]}…{text[^(length - (length / 2) - 1)..]}";

    /// <summary>The parameter's own name for one that stands by itself.</summary>
    static string LayerOf(ParameterSpec spec) => spec.Name == $"{spec.Layer}.weight" ? spec.Layer : spec.Name;

    static long CountOf(Layer node) =>
        node
            .Parameters.Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
            .Sum(spec => (long)spec.Shape.Count);

    static ImmutableDictionary<string, int> BlockLengths(PqfModel model)
    {
        if (model.Parameters.IsQuantised)
            return model
                .Parameters.Values.Where(pair => pair.Value is Weight.Quantised)
                .ToImmutableDictionary(pair => pair.Key[..pair.Key.LastIndexOf('.')], pair => ((Weight.Quantised)pair.Value).D);
        var spec = new CompressionSpec();
        return Blocks
            .Of(model.Graph, model.Architecture.Options is GraphOptions ? FittingBlocks.Of(model.Graph, spec) : spec)
            .Match(
                layers => layers.ToImmutableDictionary(layer => layer.Layer, layer => layer.D),
                _ => ImmutableDictionary<string, int>.Empty
            );
    }

    static int[] Lengths(Shape shape) => shape.Rank == 4 ? [shape[3], shape[1], shape[2]] : shape.AsSpan()[1..].ToArray();

    static string GroupOf(ImmutableArray<ChannelGroup> groups, string layer)
    {
        string columns = Numbers(group => group.Children.Any(child => child.Layer == layer)),
            rows = Numbers(group => group.Rows.Concat(group.Norms).Concat(group.Vectors).Any(run => run.Layer == layer));
        return columns.Length > 0 || groups.Any(group => group.Parents.Contains(layer)) ? $"{columns}→{rows}" : rows;

        string Numbers(Func<ChannelGroup, bool> has)
        {
            int[] found = [.. Enumerable.Range(0, groups.Length).Where(i => has(groups[i])).Select(i => i + 1)];
            return found switch
            {
                [] => "",
                [var one] => one.ToString(CultureInfo.InvariantCulture),
                _ => string.Create(CultureInfo.InvariantCulture, $"{found[0]}…{found[^1]}"),
            };
        }
    }
}
