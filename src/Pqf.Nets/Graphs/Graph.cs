using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;

namespace Pqf.Nets.Graphs;

/// <summary>One operation of a network, with the numbers of the nodes that it reads and, where it has weights, its layer's PyTorch
/// name.</summary>
public abstract record Node
{
    Node(params ImmutableArray<int> inputs) => Inputs = inputs;

    /// <summary>Numbers of the nodes read, each below this node's own.</summary>
    public ImmutableArray<int> Inputs { get; }

    /// <summary>The images, [N, H, W, channels].</summary>
    public sealed record Input(int Channels) : Node;

    /// <summary>Convolution; <c>layer.weight</c> [O, I / groups, kH, kW], <c>layer.bias</c> [O] if it has one.</summary>
    public sealed record Conv2d(int X, string Layer, int InChannels, int OutChannels, Pair KernelSize, Conv2dOptions Options, bool HasBias)
        : Node(X);

    /// <summary>Transposed convolution; <c>layer.weight</c> [I, O, kH, kW], input channels first, <c>layer.bias</c> [O] if it has
    /// one.</summary>
    public sealed record ConvTranspose2d(
        int X,
        string Layer,
        int InChannels,
        int OutChannels,
        Pair KernelSize,
        ConvTranspose2dOptions Options,
        bool HasBias
    ) : Node(X);

    /// <summary>Fully connected; <c>layer.weight</c> [out, in], <c>layer.bias</c> [out] if it has one.</summary>
    public sealed record Linear(int X, string Layer, int InFeatures, int OutFeatures, bool HasBias) : Node(X);

    /// <summary>Batch normalisation; <c>layer.weight</c>, <c>bias</c>, <c>running_mean</c>, <c>running_var</c>, each [C].</summary>
    /// <param name="X">Node read.</param>
    /// <param name="Layer">The layer's name.</param>
    /// <param name="Channels">C.</param>
    /// <param name="Eps">Added to the variance.</param>
    /// <param name="IsFrozen">Whether all four vectors are constants: training neither changes them nor looks at the batch's own
    /// statistics.</param>
    public sealed record BatchNorm(int X, string Layer, int Channels, float Eps, bool IsFrozen = false) : Node(X);

    /// <summary>max(x, 0).</summary>
    public sealed record Relu(int X) : Node(X);

    /// <summary>Largest value under a moving window.</summary>
    public sealed record MaxPool2d(int X, Pair KernelSize, Pair Stride, Pair Padding) : Node(X);

    /// <summary>Mean over all pixels, [N, 1, 1, C].</summary>
    public sealed record GlobalAvgPool(int X) : Node(X);

    /// <summary>Sum of two branches.</summary>
    public sealed record Add(int Left, int Right) : Node(Left, Right);

    /// <summary>[N, H, W, C] to [N, C · H · W], in PyTorch's order: channel by channel.</summary>
    public sealed record Flatten(int X) : Node(X);

    /// <summary>Each pixel repeated until there are as many as another node's value has (nearest neighbour).</summary>
    public sealed record Upsample(int X, int Like) : Node(X, Like);

    /// <summary>Cells of boxes, each box taken from the one level whose pixels suit its size: [boxes, S, S, C]. The boxes are an argument
    /// of the run.</summary>
    /// <remarks>A joint between the graphs of a detector: channels come out as they go in. <see cref="Forward"/> runs it; compiled plans
    /// run the graphs on both sides of it.</remarks>
    public sealed record RoiAlign(ImmutableArray<int> Levels, RoiPooling Pooling) : Node(Levels);
}

/// <summary>How boxes are cut into cells.</summary>
/// <param name="Size">Cells S of a box, a side.</param>
/// <param name="SamplingRatio">Points sampled in each cell, a side.</param>
/// <param name="CanonicalScale">Root of the area, in pixels, of a box that goes to the canonical level (Lin et al. 2017, arXiv 1612.03144,
/// equation 1).</param>
/// <param name="CanonicalLevel">Its number; level l has pixels of 2^l of the image's, and the finest is level 2.</param>
/// <param name="BoxCount">Boxes of an image, for costs: the most that a run takes.</param>
public sealed record RoiPooling(int Size, int SamplingRatio, int CanonicalScale, int CanonicalLevel, int BoxCount)
{
    /// <summary>Level of the finest map.</summary>
    public const int FinestLevel = 2;
}

/// <summary>A network as data: nodes in an order in which each reads earlier ones only.</summary>
/// <param name="Nodes">A node's number is its place.</param>
/// <param name="Outputs">Numbers of the nodes whose values are the network's, one at least, rising.</param>
public sealed record Graph(ImmutableArray<Node> Nodes, ImmutableArray<int> Outputs)
{
    /// <summary>A network whose value is the last node's.</summary>
    public Graph(ImmutableArray<Node> nodes)
        : this(nodes, [nodes.Length - 1]) { }

    /// <summary>Number of the last node whose value is the network's: the only one of most networks.</summary>
    public int Output => Outputs[^1];

    /// <summary>Numbers of the nodes that the outputs depend on, themselves among them.</summary>
    internal ImmutableHashSet<int> NeededNodes()
    {
        var needed = Outputs.ToHashSet();
        for (int i = Output; i >= 0; i--)
            if (needed.Contains(i))
                needed.UnionWith(Nodes[i].Inputs);
        return [.. needed];
    }

    /// <summary>For each node the number of the last node that reads it; its own if none does, and the node count for an output.</summary>
    internal ImmutableArray<int> LastReaders()
    {
        int[] last = [.. Enumerable.Range(0, Nodes.Length)];
        for (int i = 0; i < Nodes.Length; i++)
            foreach (int input in Nodes[i].Inputs)
                last[input] = i;
        foreach (int output in Outputs)
            last[output] = Nodes.Length;
        return [.. last];
    }
}
