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
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        ScopedIterator.Run(state.Host, scope => Run(state, scope, cancellation));

    IEnumerable<CompressionEvent> Run(CompressionState state, Scope scope, CancellationToken cancellation)
    {
        var (host, device) = (state.Host, state.Parameters.Tensors().First().Device);
        var dense = (state.Dense ?? state.Parameters).On(host);
        var start = Shared(state.Parameters.On(host), dense);
        var graph = state.Graph.WithBoxCounts(Images.BoxCounts);
        var firsts = Firsts(graph);
        var pass = new NetworkReconstruction(host, graph, dense, start, new NetworkValues(host, graph), Options, Key);
        var plan = Plan(graph, start, dense);
        if (plan.Plain < Images.BatchCount)
            yield return LeftOut(plan.Plain * Images.BatchShape[0]);
        var reports = ImmutableArray.CreateBuilder<LayerReconstruction>();
        using var batches = Batches(plan).GetEnumerator();
        for (int node = pass.First; node < graph.Nodes.Length; node++)
        {
            cancellation.ThrowIfCancellationRequested();
            var layer = firsts.GetValueOrDefault(node);
            if (layer is not null)
                yield return new CompressionEvent.ReconstructingLayer(layer.Layer, reports.Count + 1, firsts.Count);
            if (Join(batches, plan.CountAt(node), pass, host, node) is Result<Unit, PqfError>.Error(var unread))
            {
                yield return new CompressionEvent.Failed(unread);
                yield break;
            }

            if (layer is not null)
            {
                var report = pass.Reconstruct(layer, node) ?? new LayerReconstruction(layer.Layer, 0, 0, null);
                reports.Add(report);
                host.TrimPool(); // values of other sizes follow
                yield return new CompressionEvent.LayerReconstructed(report);
            }

            pass.Compute(node);
        }

        var parameters = device == host ? pass.Parameters : pass.Parameters.On(device);
        if (device == host)
            scope.KeepAll(parameters.Tensors());
        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = parameters,
                Layers = [.. state.Layers.Select(report => After(report, dense, pass, reports))],
                Reconstructions = reports.ToImmutable(),
            }
        );
    }

    CompressionEvent.Noted LeftOut(int used) =>
        new(
            $"layers are reconstructed on {used} of the {Images.ImageCount} photographs that are there to calibrate: the network's values "
                + $"on more of them would take more than the {Options.MemoryLimit >> 20} MiB of memory that reconstruction may use"
        );

    /// <summary>What is reported of a layer, with its codes and codebook as they are now.</summary>
    static LayerReport After(
        LayerReport before,
        Parameters dense,
        NetworkReconstruction pass,
        IEnumerable<LayerReconstruction> reconstructions
    ) =>
        pass.Parameters[before.Blocks.WeightName] is Weight.Quantised weight
            ? LayerReport.Of(before.Blocks, dense[before.Blocks.WeightName], weight, pass.RowScalesOf(before.Blocks.Layer)) with
            {
                OutputError = reconstructions.FirstOrDefault(one => one.Layer == before.Blocks.Layer && one.After > 0)?.After,
                Seconds = before.Seconds,
            }
            : before;

    /// <summary>For each node that is the first of a quantised layer: the layer.</summary>
    Dictionary<int, LayerBlocks> Firsts(Graph graph) =>
        Layers
            .Select(layer => (Uses: graph.UsesOf(layer.WeightName), layer))
            .Where(pair => pair.Uses.Length > 0)
            .ToDictionary(pair => pair.Uses[0], pair => pair.layer);

    /// <summary>How many batches each node is computed on.</summary>
    /// <param name="Plain">Batches of the photographs as they are, on which all nodes are.</param>
    /// <param name="All">The same with their variations.</param>
    /// <param name="At">For each node how many fit in memory from there on.</param>
    sealed record BatchPlan(int Plain, int All, ImmutableArray<long> At)
    {
        public int CountAt(int node) => (int)Math.Clamp(At[node], Plain, All);
    }

    BatchPlan Plan(Graph graph, Parameters start, Parameters dense)
    {
        var same = NetworkReconstruction.SameNodes(graph, start, dense);
        var shape = Images.BatchShape;
        ImmutableArray<long> perBatch =
        [
            .. NetworkValues
                .BytesPerImage(graph, [1, shape[1], shape[2], shape[3]], node => same[node])
                .Select(bytes => Math.Max(1, shape[0] * bytes)),
        ];
        int plain = (int)Math.Clamp(Options.MemoryLimit / perBatch[0], 1, Images.BatchCount),
            wanted = Math.Max(0, (Options.VaryBelow / shape[0]) - plain),
            possible = plain * (Images.Varied is null ? 1 : Options.MostVariations);
        return new(plain, plain + Math.Min(possible, wanted), [.. perBatch.Select(bytes => Options.VariedMemoryLimit / bytes)]);
    }

    /// <summary>The batches: the photographs as they are, then varied, each time in the same order.</summary>
    IEnumerable<Result<(InputBatch Input, int Number), PqfError>> Batches(BatchPlan plan)
    {
        var view = Images.Varied ?? (_ => Images.Batches().Select(batch => batch.Map(input => input.Mirrored())));
        int views = Division.Ceil(plan.All - plan.Plain, plan.Plain);
        return Enumerable
            .Range(0, views)
            .Select(view)
            .Prepend(Images.Batches())
            .SelectMany(batches => batches.Take(plan.Plain).Select((batch, number) => batch.Map(input => (input, number))))
            .Take(plan.All);
    }

    /// <summary>Takes batches into the pass.</summary>
    /// <param name="batches">All of them.</param>
    /// <param name="count">How many there are to be in the pass.</param>
    /// <param name="pass">Up to <paramref name="node"/>.</param>
    /// <param name="host">Where to compute.</param>
    /// <param name="node">The first node that is not computed.</param>
    static Result<Unit, PqfError> Join(
        IEnumerator<Result<(InputBatch Input, int Number), PqfError>> batches,
        int count,
        NetworkReconstruction pass,
        HostDevice host,
        int node
    )
    {
        while (pass.BatchCount < count)
        {
            batches.MoveNext();
            if (batches.Current is not Result<(InputBatch Input, int Number), PqfError>.Ok(var (input, number)))
                return batches.Current.Map(_ => default(Unit));
            var images = Tensor<float>.From(host, input.Shape, input.Pixels.Span);
            pass.Join(new(images, input.Boxes, number), node);
            host.TrimPool(); // values of the nodes before, which may be larger than all that follow
        }

        return default(Unit);
    }

    /// <summary>The quantised network's values; those that have no codes and no form of 8 bits are the dense network's own.</summary>
    static Parameters Shared(Parameters quantised, Parameters dense) =>
        new(quantised.Values.ToImmutableDictionary(pair => pair.Key, pair => IsRounded(pair.Value) ? pair.Value : dense[pair.Key]));

    static bool IsRounded(Weight weight) => weight.Match(dense => dense.Form == ValueForm.Scaled8, _ => true);
}
