using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Values of a network's nodes on all photographs, batch by batch: those of the dense network, and those of the network as far as
/// it is quantised. They are one tensor where nothing before a node is quantised.</summary>
/// <param name="host">Where they are; they belong to its innermost scope.</param>
/// <param name="graph">The network.</param>
/// <param name="batches">Shapes may differ between batches.</param>
sealed class NetworkValues(HostDevice host, Graph graph, ImmutableArray<LoadedBatch> batches)
{
    readonly Tensor<float>?[][] dense = [.. graph.Nodes.Select(_ => new Tensor<float>?[batches.Length])],
        quantised = [.. graph.Nodes.Select(_ => new Tensor<float>?[batches.Length])];
    readonly ImmutableArray<int> lastReaders = graph.LastReaders(),
        joints = [.. graph.Nodes.Select((_, i) => graph.Nodes.Take(i).Count(node => node.IsJoint))];

    /// <summary>Batches.</summary>
    public int BatchCount => batches.Length;

    /// <summary>The dense network's value of a node, which is computed.</summary>
    public Tensor<float> Dense(int node, int batch) => dense[node][batch]!;

    /// <summary>The quantised network's value of a node, which is computed.</summary>
    public Tensor<float> Quantised(int node, int batch) => quantised[node][batch]!;

    /// <summary>Whether a node's value is computed and still kept.</summary>
    public bool Has(int node) => quantised[node][0] is not null;

    /// <summary>Whether the two networks' values of a node are one.</summary>
    public bool AreSame(int node) => ReferenceEquals(dense[node][0], quantised[node][0]);

    /// <summary>Computes the dense network's value of a node, unless it is.</summary>
    public void ComputeDense(int node, int batch, Parameters parameters)
    {
        var layer = graph.Nodes[node];
        dense[node][batch] ??= Run(node, batch, parameters, [.. layer.Inputs.Select(input => dense[input][batch]!)]);
    }

    /// <summary>Computes the quantised network's value of a node.</summary>
    public void ComputeQuantised(int node, int batch, Parameters parameters)
    {
        var layer = graph.Nodes[node];
        quantised[node][batch] = Run(node, batch, parameters, [.. layer.Inputs.Select(input => quantised[input][batch]!)]);
    }

    Tensor<float> Run(int node, int batch, Parameters parameters, ImmutableArray<Tensor<float>> inputs)
    {
        var (images, boxes) = (batches[batch].Images, batches[batch].Boxes);
        return Forward.Node(graph.Nodes[node], parameters, images, inputs, graph.Nodes[node].IsJoint ? boxes[joints[node]] : []);
    }

    /// <summary>Takes the dense network's value for the quantised network's.</summary>
    public void Share(int node, int batch) => quantised[node][batch] = dense[node][batch];

    /// <summary>Frees the values of a batch that no node after this one reads.</summary>
    public void Release(int node, int batch)
    {
        foreach (int done in graph.Nodes[node].Inputs.Append(node).Distinct().Where(input => lastReaders[input] <= node))
        {
            var (one, other) = (dense[done][batch], quantised[done][batch]);
            (dense[done][batch], quantised[done][batch]) = (null, null);
            if (one is not null && !ReferenceEquals(one, batches[batch].Images))
                host.Release(one);
            if (other is not null && !ReferenceEquals(other, one) && !ReferenceEquals(other, batches[batch].Images))
                host.Release(other);
        }
    }

    /// <summary>Most memory that the values of one image take while layers are reconstructed one by one.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="image">[1, H, W, C].</param>
    /// <param name="isSame">Whether both networks have one value of a node.</param>
    /// <returns>Bytes.</returns>
    public static long BytesPerImage(Graph graph, Shape image, Func<int, bool> isSame)
    {
        var shapes = GraphShapes.Of(graph, image);
        var last = graph.LastReaders();
        long most = 0;
        for (int node = 0; node < shapes.Length; node++)
        {
            // Nodes that are the same come and go batch by batch: only what a later one reads stays.
            bool passes = isSame(node) && node + 1 < shapes.Length && isSame(node + 1);
            long live = Enumerable
                .Range(0, node + 1)
                .Where(other => last[other] > node || (other == node && !passes) || (!passes && graph.Nodes[node].Inputs.Contains(other)))
                .Sum(other => (long)shapes[other].Count * (isSame(other) ? 1 : 2));
            most = Math.Max(most, live);
        }

        return most * sizeof(float);
    }
}
