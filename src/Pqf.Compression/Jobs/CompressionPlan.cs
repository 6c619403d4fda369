using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>How a weight would be held.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="Kind"><c>codes</c>, <c>8bit</c>, <c>half</c> or <c>float</c>.</param>
/// <param name="D">Values of a block; null without codes, or where a target size decides.</param>
/// <param name="K">Words of the codebook; null as <paramref name="D"/>.</param>
/// <param name="Bits">Of the weight; null where a target size decides.</param>
public sealed record PlannedLayer(string Layer, Shape Shape, string Kind, int? D, int? K, long? Bits);

/// <summary>A file that would be written.</summary>
/// <param name="Format">Its kind.</param>
/// <param name="SizeBytes">Its size.</param>
public sealed record PlannedFile(ModelFormat Format, long SizeBytes);

/// <summary>What compressing a network would give: its sizes, before any work.</summary>
/// <param name="Layers">Weights, in graph order.</param>
/// <param name="OtherBits">Bits of biases, norms and other values that are no layer's weight.</param>
/// <param name="SizeBits">Bits of the compressed network; of the size asked for, where there is one.</param>
/// <param name="DenseBits">Bits of the dense network.</param>
/// <param name="Files">One of each kind; none where a target decides on the layers.</param>
public sealed record CompressionPlan(
    ImmutableArray<PlannedLayer> Layers,
    long OtherBits,
    long SizeBits,
    long DenseBits,
    ImmutableArray<PlannedFile> Files
)
{
    /// <summary>What the compression will note before its work, a line each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Plans a compression.</summary>
    /// <param name="network">A dense network.</param>
    /// <param name="options">How it would be compressed.</param>
    /// <returns>The plan, or the errors that compressing it would find in the settings.</returns>
    public static Result<CompressionPlan, PqfError> Of(Network network, CompressOptions options)
    {
        if (CompressJob.Check(network, options) is Result<Unit, PqfError>.Error(var unfit))
            return unfit;
        options = CompressJob.Settled(network, options);
        return from blocks in Blocks.Of(network.Graph, options.Compression)
            from inputs in options.ColumnWeights is { } path
                ? QuantiseByColumns.Read(path, blocks)
                : ImmutableDictionary<string, LayerInputs>.Empty
            from files in FilesOf(network, blocks, options)
            select Of(network, options.Compression, blocks, options.Target) with
            {
                Files = files,
                Notes = options is { Target: not null, Images: null } ? [AllocateJob.OnNoise] : [],
            };
    }

    /// <summary>Sizes of the files; none where a target decides, which is checked.</summary>
    static Result<ImmutableArray<PlannedFile>, PqfError> FilesOf(
        Network network,
        ImmutableArray<LayerBlocks> blocks,
        CompressOptions options
    ) =>
        options.Target is { } target
            ? AllocateJob.Range(network, blocks, target, options).Map(_ => ImmutableArray<PlannedFile>.Empty)
            : StandIn
                .FilesOf(CompressJob.Described(network, options), options.Compression, options.Formats)
                .Map(files => files.Select(file => new PlannedFile(file.Format, file.Bytes)).ToImmutableArray());

    static CompressionPlan Of(Network network, CompressionSpec spec, ImmutableArray<LayerBlocks> blocks, SizeTarget? target)
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
                    ? Coded(layer, spec, target is not null)
                    : new PlannedLayer(weight.Layer, weight.Shape, value.Form.Word(), null, null, value.SizeBits)
            );
        }

        return new(layers.ToImmutable(), other, target?.BitsFor(dense) ?? other + layers.Sum(layer => layer.Bits ?? 0), dense, []);
    }

    static PlannedLayer Coded(LayerBlocks layer, CompressionSpec spec, bool isForTarget) =>
        isForTarget
            ? new(layer.Layer, layer.Weight, Codes, null, null, null)
            : new(layer.Layer, layer.Weight, Codes, layer.D, layer.K, Cost.BitsOf(layer.N, layer.K, layer.D, spec.CodebookForm));

    /// <summary>The kind of a weight with codes.</summary>
    internal const string Codes = "codes";
}
