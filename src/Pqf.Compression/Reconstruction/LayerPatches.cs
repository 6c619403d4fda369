using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;

namespace Pqf.Compression.Reconstruction;

/// <summary>Rows and columns of a weight that one covariance is for.</summary>
/// <param name="Group">Group of channels.</param>
/// <param name="FirstRow">First of the rows.</param>
/// <param name="RowCount">How many.</param>
/// <param name="FirstColumn">First of the columns.</param>
/// <param name="Columns">How many: whole blocks.</param>
sealed record WeightPart(int Group, int FirstRow, int RowCount, int FirstColumn, int Columns);

/// <summary>The patches that a layer sees on all photographs, at each of the nodes that use its weight.</summary>
sealed class LayerPatches
{
    readonly Graph graph;
    readonly NetworkValues values;
    readonly int perImage;
    readonly RngKey key;

    LayerPatches(Graph graph, NetworkValues values, ImmutableArray<int> nodes, ReconstructionOptions options, RngKey key)
    {
        (this.graph, this.values, this.key, Nodes) = (graph, values, key, nodes);
        int images = Enumerable.Range(0, values.BatchCount).Sum(batch => Input(nodes[0], batch).Shape[0]);
        perImage = Math.Max(options.PatchesPerImage, Division.Ceil(options.LeastPatches, images * nodes.Length));
        (Groups, Length) = (PatchesOf(nodes[0], 0).Groups, PatchesOf(nodes[0], 0).Length);
        Count = Enumerable
            .Range(0, values.BatchCount)
            .Sum(batch => nodes.Sum(use => (long)Input(use, batch).Shape[0] * Math.Min(perImage, PatchesOf(use, batch).PositionCount)));
    }

    /// <summary>Nodes that use the weight and whose inputs are computed.</summary>
    public ImmutableArray<int> Nodes { get; }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>Values of a patch: columns of the weight.</summary>
    public int Length { get; }

    /// <summary>Patches that are taken in all.</summary>
    public long Count { get; }

    /// <summary>The patches of a layer.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="values">All that the first node reads are computed.</param>
    /// <param name="node">The first node that uses its weight.</param>
    /// <param name="options">How many patches are taken.</param>
    /// <param name="key">Draws them.</param>
    /// <returns>Null where rows are not multiplied with parts of the input.</returns>
    public static LayerPatches? Of(Graph graph, NetworkValues values, int node, ReconstructionOptions options, RngKey key)
    {
        var layer = graph.Nodes[node];
        if (layer.PatchesOf(values.Quantised(layer.Inputs[0], 0).Shape) is null)
            return null;
        string weight = WeightOf(layer)!;
        return new(
            graph,
            values,
            [
                node,
                .. Enumerable
                    .Range(node + 1, graph.Nodes.Length - node - 1)
                    .Where(later => WeightOf(graph.Nodes[later]) == weight && graph.Nodes[later].Inputs.All(values.Has)),
            ],
            options,
            key
        );
    }

    /// <summary>The patches of a batch at one of the nodes.</summary>
    public PatchSample Sample(int use, int batch)
    {
        int first = Enumerable.Range(0, batch).Sum(before => Input(use, before).Shape[0]);
        return new(
            PatchesOf(use, batch),
            perImage,
            use == Nodes[0] ? key : key.Fold((ulong)use).Fold("use"),
            first,
            Input(use, batch).Shape[0]
        );
    }

    /// <summary>Cuts a weight so that every part has no more columns than patches.</summary>
    /// <param name="blocks">How it is cut for its codes.</param>
    /// <param name="mostColumns">Most columns of a part, one block at least.</param>
    public ImmutableArray<WeightPart> Parts(LayerBlocks blocks, int mostColumns)
    {
        int all = Length / blocks.D,
            most = (int)Math.Max(1, Math.Min(mostColumns, Count) / blocks.D),
            stretches = Division.Ceil(all, most),
            rows = blocks.Rows / Groups;
        return
        [
            .. Enumerable
                .Range(0, Groups)
                .SelectMany(group =>
                    Enumerable
                        .Range(0, stretches)
                        .Select(i => (From: (int)((long)all * i / stretches), To: (int)((long)all * (i + 1) / stretches)))
                        .Select(cut => new WeightPart(group, group * rows, rows, cut.From * blocks.D, (cut.To - cut.From) * blocks.D))
                ),
        ];
    }

    static string? WeightOf(Layer layer) => layer.Parameters.FirstOrDefault(spec => spec.Role == ParameterRole.Weight)?.Name;

    Tensor<float> Input(int use, int batch) => values.Quantised(graph.Nodes[use].Inputs[0], batch);

    Patches PatchesOf(int use, int batch) => graph.Nodes[use].PatchesOf(Input(use, batch).Shape)!.Value;
}
