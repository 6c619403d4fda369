using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>A dense network with one layer at a time quantised and calibrated on photographs: what is left of the layer's error after
/// calibration. One pass through the network serves all layers.</summary>
/// <param name="host">Where to run; values belong to its innermost scope.</param>
/// <param name="graph">The network, without joints.</param>
/// <param name="dense">Its values, on the host.</param>
/// <param name="options">How layers are reconstructed; null where norms and biases alone are matched.</param>
/// <param name="key">The run's randomness.</param>
sealed class LayerTrials(HostDevice host, Graph graph, Parameters dense, ReconstructionOptions? options, RngKey key)
{
    // Photographs beyond tell little more of what a choice costs.
    const int MostPhotographs = 256;

    readonly NetworkValues values = new(host, graph);

    /// <summary>Batches of photographs that trials should have.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="batch">[N, H, W, C].</param>
    /// <param name="memoryLimit">Bytes that the values of the network's nodes may take.</param>
    public static int MostBatches(Graph graph, ImmutableArray<LayerBlocks> layers, Shape batch, long memoryLimit)
    {
        var firsts = layers.Select(layer => graph.UsesOf(layer.WeightName)[0]).ToHashSet();
        long bytes = NetworkValues.BytesPerImage(graph, [1, batch[1], batch[2], batch[3]], node => !firsts.Contains(node))[0];
        return (int)Math.Clamp(memoryLimit / Math.Max(1, bytes * batch[0]), 1, Math.Max(1, MostPhotographs / batch[0]));
    }

    /// <summary>Tries a layer.</summary>
    /// <param name="tried">With its block length and codebook size.</param>
    /// <param name="start">Makes its weight, clustered, on the host.</param>
    /// <param name="measure">Takes the network's parameters with the layer quantised and calibrated; they live while it runs.</param>
    public delegate double Trial(LayerBlocks tried, Func<Weight.Quantised> start, Func<Parameters, double> measure);

    /// <summary>Goes through the network.</summary>
    /// <param name="layers">What is quantised.</param>
    /// <param name="photographs">Batches [N, H, W, C], on the host.</param>
    /// <param name="visit">Takes the number of a layer and tries it, once for each layer, in the graph's order.</param>
    public void ForEach(ImmutableArray<LayerBlocks> layers, IEnumerable<Tensor<float>> photographs, Action<int, Trial> visit)
    {
        if (layers.IsEmpty)
            return;
        var firsts = layers.Select((layer, number) => (Node: graph.UsesOf(layer.WeightName)[0], number)).ToLookup(pair => pair.Node);
        var same = ImmutableArray.CreateRange(graph.Nodes, _ => true);
        int begin = firsts.Min(pair => pair.Key),
            end = firsts.Max(pair => pair.Key);
        foreach (var (batch, number) in photographs.Select((batch, number) => (batch, number)))
        {
            values.Join(new(batch, [], number), begin, dense, dense, same);
            host.TrimPool(); // values of the nodes before, which may be larger than all that follow
        }

        for (int node = begin; node <= end; node++)
        {
            foreach (var (_, number) in firsts[node])
                Visit(layers[number], node, trial => visit(number, trial));
            for (int batch = 0; batch < values.BatchCount; batch++)
                values.Compute(node, batch, dense, dense, isSame: true);
        }
    }

    void Visit(LayerBlocks layer, int node, Action<Trial> visit)
    {
        using var scope = host.BeginScope();
        for (int batch = 0; batch < values.BatchCount; batch++)
            values.ComputeDense(node, batch, dense);
        FitTarget? target = null;
        visit(
            (tried, start, measure) =>
            {
                if (options is not null)
                    target = Pass(dense).Target(tried, node, target);
                using var own = host.BeginScope();
                var pass = Pass(dense.With(layer.WeightName, start()));
                if (target is not null)
                    pass.Reconstruct(tried, target);
                pass.Match(node);
                return measure(pass.Parameters);
            }
        );
        // Computed for the trials, and needed later.
        foreach (int use in target?.Nodes ?? [node])
            scope.KeepAll(Enumerable.Range(0, values.BatchCount).Select(batch => values.Dense(use, batch)));
    }

    NetworkReconstruction Pass(Parameters start) => new(host, graph, dense, start, values, options ?? new(), key);
}
