using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>Makes the output of each quantised layer on photographs as close to the dense network's as its codes allow, layer by layer,
/// given what is quantised before it. Matches norms and biases too. Needs no labels and no gradients.</summary>
/// <remarks>After <see cref="UnfoldNorms"/> and a step that quantises, on the same photographs. The method is for a layer that of GPTVQ
/// (van Baalen et al. 2024, arXiv 2402.15319) with a codebook for the whole layer; docs/decisions.md has its parts.</remarks>
/// <param name="Layers">What is quantised.</param>
/// <param name="Images">Photographs without labels.</param>
/// <param name="Key">The run's key.</param>
/// <param name="Options">How.</param>
public sealed record ReconstructLayers(ImmutableArray<LayerBlocks> Layers, NormImages Images, RngKey Key, ReconstructionOptions Options)
    : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) =>
        start.Graph.HasJoints && Images.BoxCounts.IsEmpty
            ? new PqfError.Layer("reconstruction", "expected photographs with the boxes that the network's heads look at, got none")
            : Images.Check();

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation)
    {
        var (host, device) = (state.Host, state.Parameters.Tensors().First().Device);
        using var scope = host.BeginScope();
        var dense = On(host, state.Dense ?? state.Parameters);
        var start = Shared(On(host, state.Parameters), dense);
        var graph = state.Graph.WithBoxCounts(Images.BoxCounts);
        var firsts = Firsts(graph);
        var (plain, varied) = BatchesInMemory(graph, start, dense);
        if (plain < Images.BatchCount)
            yield return new CompressionEvent.Noted(
                $"layers are reconstructed on {plain * Images.BatchShape[0]} of the {Images.ImageCount} photographs "
                    + "that are there to calibrate: the network's values on more of them would take more than the "
                    + $"{Options.MemoryLimit >> 20} MiB of memory that reconstruction may use"
            );
        var loaded = Load(host, plain, varied);
        if (loaded is not Result<ImmutableArray<LoadedBatch>, PqfError>.Ok(var images))
        {
            yield return new CompressionEvent.Failed(((Result<ImmutableArray<LoadedBatch>, PqfError>.Error)loaded).Value);
            yield break;
        }

        var pass = new NetworkReconstruction(host, graph, dense, start, new NetworkValues(host, graph, images), Options, Key);
        var reports = ImmutableArray.CreateBuilder<LayerReconstruction>();
        for (int node = 0; node < graph.Nodes.Length; )
        {
            cancellation.ThrowIfCancellationRequested();
            if (firsts.TryGetValue(node, out var layer))
            {
                yield return new CompressionEvent.ReconstructingLayer(layer.Layer, reports.Count + 1, firsts.Count);
                var report = pass.Reconstruct(layer, node) ?? new LayerReconstruction(layer.Layer, 0, 0, null);
                reports.Add(report);
                host.TrimPool(); // values of other sizes follow
                yield return new CompressionEvent.LayerReconstructed(report);
            }

            node = pass.Compute(node, firsts.Keys.Where(first => first > node).DefaultIfEmpty(graph.Nodes.Length).Min());
        }

        var parameters = device == host ? pass.Parameters : On(device, pass.Parameters);
        if (device == host)
            scope.KeepAll(parameters.Tensors());
        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = parameters,
                Layers = [.. state.Layers.Select(report => After(report, dense, pass.Parameters, reports))],
                Reconstructions = reports.ToImmutable(),
            }
        );
    }

    /// <summary>What is reported of a layer, with its codes and codebook as they are now.</summary>
    static LayerReport After(
        LayerReport before,
        Parameters dense,
        Parameters quantised,
        IEnumerable<LayerReconstruction> reconstructions
    ) =>
        quantised[before.Blocks.WeightName] is Weight.Quantised weight
            ? LayerReport.Of(before.Blocks, dense[before.Blocks.WeightName], weight) with
            {
                OutputError = reconstructions.FirstOrDefault(one => one.Layer == before.Blocks.Layer && one.After > 0)?.After,
                Seconds = before.Seconds,
            }
            : before;

    /// <summary>For each node that is the first of a quantised layer: the layer.</summary>
    Dictionary<int, LayerBlocks> Firsts(Graph graph) =>
        Layers
            .Select(layer => (Node: First(graph, layer.WeightName), layer))
            .Where(pair => pair.Node >= 0)
            .ToDictionary(pair => pair.Node, pair => pair.layer);

    static int First(Graph graph, string weight)
    {
        for (int i = 0; i < graph.Nodes.Length; i++)
            if (graph.Nodes[i].Parameters.Any(spec => spec.Name == weight))
                return i;
        return -1;
    }

    /// <summary>Batches of which the values fit in memory, and how many fit beside them of the same photographs, varied.</summary>
    (int Plain, int Varied) BatchesInMemory(Graph graph, Parameters start, Parameters dense)
    {
        var same = NetworkReconstruction.SameNodes(graph, start, dense);
        var shape = Images.BatchShape;
        long perBatch = shape[0] * NetworkValues.BytesPerImage(graph, [1, shape[1], shape[2], shape[3]], node => same[node]);
        int fitting = (int)Math.Clamp(Options.MemoryLimit / Math.Max(1, perBatch), 1, int.MaxValue),
            plain = Math.Min(Images.BatchCount, fitting),
            wanted = Math.Max(0, (Options.VaryBelow / shape[0]) - plain),
            possible = plain * (Images.Varied is null ? 1 : Options.MostVariations);
        return (plain, Math.Min(Math.Min(possible, wanted), fitting - plain));
    }

    /// <summary>The batches; those that are varied come after them, or mirrored ones each after its own.</summary>
    Result<ImmutableArray<LoadedBatch>, PqfError> Load(HostDevice host, int plain, int varied) =>
        Images.Varied is { } view
            ? Loaded(
                Images
                    .Batches()
                    .Take(plain)
                    .Concat(Enumerable.Range(0, Division.Ceil(varied, plain)).SelectMany(number => view(number).Take(plain)).Take(varied))
                    .Select(batch => batch.Map(input => new[] { Of(host, input) }))
            )
            : Loaded(
                Images
                    .Batches()
                    .Take(plain)
                    .Select(
                        (batch, number) =>
                            batch.Map(input => number < varied ? [Of(host, input), Of(host, input.Mirrored())] : new[] { Of(host, input) })
                    )
            );

    static Result<ImmutableArray<LoadedBatch>, PqfError> Loaded(IEnumerable<Result<LoadedBatch[], PqfError>> batches) =>
        Result.All(batches).Map<ImmutableArray<LoadedBatch>>(all => [.. all.SelectMany(batch => batch)]);

    static LoadedBatch Of(HostDevice host, InputBatch input) => new(Tensor<float>.From(host, input.Shape, input.Pixels.Span), input.Boxes);

    /// <summary>Values on a device: themselves if they are there.</summary>
    static Parameters On(Device device, Parameters parameters) =>
        parameters.Tensors().First().Device == device
            ? parameters
            : new(
                parameters.Values.ToImmutableDictionary(
                    pair => pair.Key,
                    pair =>
                        pair.Value.Match<Weight>(
                            own => own with { Value = Tensor<float>.From(device, own.Shape, own.Value.ToArray()) },
                            own =>
                                own with
                                {
                                    Codebook = Tensor<float>.From(device, own.Codebook.Shape, own.Codebook.ToArray()),
                                    Codes = Tensor<ushort>.From(device, own.Codes.Shape, own.Codes.ToArray()),
                                }
                        )
                )
            );

    /// <summary>The quantised network's values; those that have no codes and no form of 8 bits are the dense network's own.</summary>
    static Parameters Shared(Parameters quantised, Parameters dense) =>
        new(quantised.Values.ToImmutableDictionary(pair => pair.Key, pair => IsRounded(pair.Value) ? pair.Value : dense[pair.Key]));

    static bool IsRounded(Weight weight) => weight.Match(dense => dense.Form == ValueForm.Scaled8, _ => true);
}
