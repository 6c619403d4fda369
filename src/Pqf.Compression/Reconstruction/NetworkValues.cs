using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Values of a network's nodes on photographs, batch by batch: those of the dense network, and those of the network as far as
/// it is quantised. They are one tensor where nothing before a node is quantised. Batches may join at any node.</summary>
/// <param name="host">Where they are; they belong to its innermost scope.</param>
/// <param name="graph">The network.</param>
sealed class NetworkValues(HostDevice host, Graph graph)
{
    readonly List<LoadedBatch> batches = [];
    readonly List<Tensor<float>?>[] dense = [.. graph.Nodes.Select(_ => new List<Tensor<float>?>())],
        quantised = [.. graph.Nodes.Select(_ => new List<Tensor<float>?>())];
    readonly ImmutableArray<int> lastReaders = graph.LastReaders(),
        joints = [.. graph.Nodes.Select((_, i) => graph.Nodes.Take(i).Count(node => node.IsJoint))];

    /// <summary>Batches so far.</summary>
    public int BatchCount => batches.Count;

    /// <summary>The photographs of a batch.</summary>
    public LoadedBatch Batch(int batch) => batches[batch];

    /// <summary>Adds a batch and computes its values up to a node, one after the other, so that only those stay that later nodes
    /// read.</summary>
    /// <param name="batch">The photographs. Shapes may differ between batches.</param>
    /// <param name="node">The first node whose value is not computed.</param>
    /// <param name="original">The dense network's values.</param>
    /// <param name="reconstructed">Those of the network as far as it is quantised: all before the node are final.</param>
    /// <param name="same">For each node whether both networks have one value of it.</param>
    public void Join(LoadedBatch batch, int node, Parameters original, Parameters reconstructed, ImmutableArray<bool> same)
    {
        batches.Add(batch);
        foreach (var values in dense.Concat(quantised))
            values.Add(null);
        for (int next = 0; next < node; next++)
            Compute(next, batches.Count - 1, original, reconstructed, same[next]);
    }

    /// <summary>Computes a node's value in both networks and frees the values that no later node reads.</summary>
    /// <param name="node">All that it reads are computed.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="original">The dense network's values.</param>
    /// <param name="reconstructed">Those of the network as far as it is quantised.</param>
    /// <param name="isSame">Whether both networks have one value of the node.</param>
    public void Compute(int node, int batch, Parameters original, Parameters reconstructed, bool isSame)
    {
        ComputeDense(node, batch, original);
        quantised[node][batch] = isSame ? dense[node][batch] : Tried(node, batch, reconstructed);
        Release(node, batch);
    }

    /// <summary>The dense network's value of a node, which is computed.</summary>
    public Tensor<float> Dense(int node, int batch) => dense[node][batch]!;

    /// <summary>The quantised network's value of a node, which is computed.</summary>
    public Tensor<float> Quantised(int node, int batch) => quantised[node][batch]!;

    /// <summary>Whether a node's value is computed and still kept.</summary>
    public bool Has(int node) => quantised[node] is [not null, ..];

    /// <summary>Whether the two networks' values of a node are one.</summary>
    public bool AreSame(int node) => quantised[node] is [{ } value, ..] && ReferenceEquals(dense[node][0], value);

    /// <summary>Computes the dense network's value of a node, unless it is.</summary>
    public void ComputeDense(int node, int batch, Parameters parameters)
    {
        var layer = graph.Nodes[node];
        dense[node][batch] ??= Run(node, batch, parameters, [.. layer.Inputs.Select(input => dense[input][batch]!)]);
    }

    /// <summary>What a node would give with other values of its own; its inputs are computed. In the innermost scope.</summary>
    public Tensor<float> Tried(int node, int batch, Parameters parameters) =>
        Run(node, batch, parameters, [.. graph.Nodes[node].Inputs.Select(input => quantised[input][batch]!)]);

    Tensor<float> Run(int node, int batch, Parameters parameters, ImmutableArray<Tensor<float>> inputs)
    {
        using var scope = host.BeginScope();
        var (images, boxes) = (batches[batch].Images, batches[batch].Boxes);
        return scope.Keep(
            Forward.Node(graph.Nodes[node], parameters, images, inputs, graph.Nodes[node].IsJoint ? boxes[joints[node]] : [])
        );
    }

    /// <summary>Frees the values of a batch that no node after this one reads.</summary>
    void Release(int node, int batch)
    {
        foreach (int done in graph.Nodes[node].Inputs.Append(node).Distinct().Where(input => lastReaders[input] <= node))
        {
            var (one, other) = (dense[done][batch], quantised[done][batch]);
            (dense[done][batch], quantised[done][batch]) = (null, null);
            if (one is not null)
                host.Release(one);
            if (other is not null && !ReferenceEquals(other, one))
                host.Release(other);
        }
    }

    /// <summary>Most memory that the values of one image take while layers are reconstructed one by one, from each node on.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="image">[1, H, W, C].</param>
    /// <param name="isSame">Whether both networks have one value of a node.</param>
    /// <returns>Bytes, one number for each node; they do not rise.</returns>
    public static ImmutableArray<long> BytesPerImage(Graph graph, Shape image, Func<int, bool> isSame)
    {
        var shapes = GraphShapes.Of(graph, image);
        var last = graph.LastReaders();
        long most = 0;
        long[] bytes = new long[shapes.Length];
        for (int node = shapes.Length - 1; node >= 0; node--)
        {
            // Nodes that are the same come and go batch by batch: only what a later one reads stays.
            bool passes = isSame(node) && node + 1 < shapes.Length && isSame(node + 1);
            long live = Enumerable
                .Range(0, node + 1)
                .Where(other => last[other] > node || (other == node && !passes) || (!passes && graph.Nodes[node].Inputs.Contains(other)))
                .Sum(other => (long)shapes[other].Count * (isSame(other) ? 1 : 2));
            most = Math.Max(most, live);
            bytes[node] = most * sizeof(float);
        }

        return [.. bytes];
    }
}
