using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>How a weight would be held.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="Kind"><c>codes</c>, <c>8bit</c>, <c>half</c> or <c>float</c>; two of them, <c>codes or 8bit</c>, where a target size
/// decides between them.</param>
/// <param name="D">Values of a block; null without codes, or where a target size decides.</param>
/// <param name="K">Words of the codebook; null as <paramref name="D"/>.</param>
/// <param name="Bits">Of the weight; null where a target size decides.</param>
public sealed record PlannedLayer(string Layer, Shape Shape, string Kind, int? D, int? K, long? Bits);

/// <summary>A file that would be written.</summary>
/// <param name="Format">Its kind.</param>
/// <param name="SizeBytes">Its size; the maximum of it where a target size decides.</param>
public sealed record PlannedFile(ModelFormat Format, long SizeBytes);

/// <summary>What compressing a network would give: its sizes, before any work.</summary>
/// <param name="Layers">Weights, in graph order.</param>
/// <param name="OtherBits">Bits of biases, norms and other values that are no layer's weight.</param>
/// <param name="SizeBits">Bits of the compressed network; the maximum of them where a target size decides.</param>
/// <param name="DenseBits">Bits of the dense network.</param>
/// <param name="Files">One of each kind.</param>
public sealed record CompressionPlan(
    ImmutableArray<PlannedLayer> Layers,
    long OtherBits,
    long SizeBits,
    long DenseBits,
    ImmutableArray<PlannedFile> Files
)
{
    /// <summary>Whether a target decides on the layers, so that sizes are known as maxima alone: which block lengths and codebooks it
    /// chooses is known once layers have been clustered and their effects measured.</summary>
    public bool IsForTarget { get; init; }

    /// <summary>What the compression will note before its work, a line each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Plans a compression.</summary>
    /// <param name="network">A dense network.</param>
    /// <param name="options">How it would be compressed.</param>
    /// <param name="cancellation">Ends the reading of images with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The plan, or the errors that compressing it would find before its work.</returns>
    public static Result<CompressionPlan, PqfError> Of(Network network, CompressOptions options, CancellationToken cancellation = default)
    {
        if (CompressJob.Check(network, options) is Result<Unit, PqfError>.Error(var unfit))
            return unfit;
        options = CompressJob.Settled(network, options);
        return from blocks in CompressJob.LayersToQuantise(network, options)
            from inputs in CompressJob.ColumnWeights(blocks, options)
            from plan in options.Target is { } target
                ? ForTarget(network, blocks, target, options)
                : Exact(network, options.Compression, options)
            from _ in CheckedImages.Check(network, options, null, cancellation)
            select plan;
    }

    /// <summary>A plan for settings that are known.</summary>
    static Result<CompressionPlan, PqfError> Exact(Network network, CompressionSpec spec, CompressOptions options) =>
        from blocks in Blocks.Of(network.Graph, spec)
        from files in StandIn.FilesOf(CompressJob.Described(network, options with { Compression = spec }), spec, options.Formats)
        select Of(network, spec, blocks) with
        {
            Files = [.. files.Select(file => new PlannedFile(file.Format, file.Bytes))],
        };

    /// <summary>A plan of maxima: the target's, or those of the largest choices where these are smaller. The plan is exact where the target
    /// allows the largest choices.</summary>
    static Result<CompressionPlan, PqfError> ForTarget(
        Network network,
        ImmutableArray<LayerBlocks> blocks,
        SizeTarget target,
        CompressOptions options
    ) =>
        from found in AllocateJob.Range(network, blocks, target, options)
        from largest in Exact(network, found.Range.Largest, options)
        let chosen = blocks.Select(layer => layer.Layer).ToHashSet()
        select found.Range.AllowsLargest
            ? largest with
            {
                Notes = found.Unused is { } unused ? [unused] : [],
            }
            : largest with
            {
                IsForTarget = true,
                Notes = options.Images is null ? [AllocateJob.OnNoise] : [],
                Layers = [.. largest.Layers.Select(layer => chosen.Contains(layer.Layer) ? Undecided(layer) : layer)],
                // A file holds more than its parameters, so that its limit is one of theirs.
                SizeBits = Math.Min(largest.SizeBits, found.Range.Wanted),
                Files =
                    target is SizeTarget.Bits
                        ? [.. largest.Files.Select(file => file with { SizeBytes = Math.Min(file.SizeBytes, found.Range.Wanted / 8) })]
                        : [], // a ratio limits the parameters; what a file adds to them depends on the choices
            };

    /// <summary>A layer on which a target decides.</summary>
    /// <param name="largest">The same at its largest.</param>
    static PlannedLayer Undecided(PlannedLayer largest) =>
        largest with
        {
            Kind = largest.Kind == Codes ? Codes : $"{Codes} or {largest.Kind}",
            D = null,
            K = null,
            Bits = null,
        };

    static CompressionPlan Of(Network network, CompressionSpec spec, ImmutableArray<LayerBlocks> blocks)
    {
        var stored = StoredForms.Marked(network.Graph, network.Parameters, spec);
        var coded = blocks.ToImmutableDictionary(layer => layer.WeightName);
        long dense = NetworkText.CostOf(network).DenseBits,
            other = NetworkText.CostOf(network.Model with { Parameters = stored }).Bits;
        var layers = ImmutableArray.CreateBuilder<PlannedLayer>();
        foreach (
            var weight in ParameterSpecs.Of(network.Graph).Where(weight => weight.Role == ParameterRole.Weight).DistinctBy(w => w.Name)
        )
        {
            var value = (Weight.Dense)stored[weight.Name];
            other -= value.SizeBits;
            layers.Add(
                coded.TryGetValue(weight.Name, out var layer)
                    ? Coded(layer, spec)
                    : new PlannedLayer(weight.Layer, weight.Shape, value.Form.Word(), null, null, value.SizeBits)
            );
        }

        return new(layers.ToImmutable(), other, other + layers.Sum(layer => layer.Bits ?? 0), dense, []);
    }

    static PlannedLayer Coded(LayerBlocks layer, CompressionSpec spec) =>
        new(layer.Layer, layer.Weight, Codes, layer.D, layer.K, Cost.BitsOf(layer.N, layer.K, layer.D, spec.CodebookForm));

    /// <summary>The kind of a weight with codes.</summary>
    internal const string Codes = "codes";
}
