using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets;

/// <summary>One operation of a network, with the numbers of the nodes that it reads and, where it has weights, its layer's PyTorch name.</summary>
public abstract record Node
{
    Node(params ImmutableArray<int> inputs) => Inputs = inputs;

    /// <summary>Numbers of the nodes read, each below this node's own.</summary>
    public ImmutableArray<int> Inputs { get; }

    /// <summary>The images, [N, H, W, channels].</summary>
    public sealed record Input(int Channels) : Node;

    /// <summary>Convolution; <c>layer.weight</c> [O, I / groups, kH, kW], <c>layer.bias</c> [O] if it has one.</summary>
    public sealed record Conv2d(int X, string Layer, int InChannels, int OutChannels, Pair KernelSize, Conv2dOptions Options, bool HasBias) : Node(X);

    /// <summary>Fully connected; <c>layer.weight</c> [out, in], <c>layer.bias</c> [out] if it has one.</summary>
    public sealed record Linear(int X, string Layer, int InFeatures, int OutFeatures, bool HasBias) : Node(X);

    /// <summary>Batch normalisation; <c>layer.weight</c>, <c>bias</c>, <c>running_mean</c>, <c>running_var</c>, each [C].</summary>
    public sealed record BatchNorm(int X, string Layer, int Channels, float Eps) : Node(X);

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
}

/// <summary>A network as data: nodes in an order in which each reads earlier ones only; the last one is the output.</summary>
/// <param name="Nodes">A node's number is its place.</param>
public sealed record Graph(ImmutableArray<Node> Nodes)
{
    /// <summary>Number of the node whose value is the network's.</summary>
    public int Output => Nodes.Length - 1;

    /// <summary>Numbers of the nodes that the output depends on, itself among them.</summary>
    internal ImmutableHashSet<int> NeededNodes()
    {
        var needed = new HashSet<int> { Output };
        for (int i = Output; i >= 0; i--)
            if (needed.Contains(i))
                needed.UnionWith(Nodes[i].Inputs);
        return [.. needed];
    }

    /// <summary>For each node the number of the last node that reads it; its own if none does, and the node count for the output.</summary>
    internal ImmutableArray<int> LastReaders()
    {
        int[] last = [.. Enumerable.Range(0, Nodes.Length)];
        for (int i = 0; i < Nodes.Length; i++)
            foreach (int input in Nodes[i].Inputs)
                last[input] = i;
        last[Output] = Nodes.Length;
        return [.. last];
    }
}

/// <summary>Which network of a known family, its two ends, and how wide it is between them.</summary>
/// <param name="Name">As in configurations: <c>resnet18</c>, <c>resnet50</c>, …</param>
/// <param name="ClassCount">Outputs of <c>fc</c>.</param>
/// <param name="InChannels">3 for colour, 1 for grey.</param>
/// <param name="Width">Channels of the first stage, doubled by each next one; null for the family's own.</param>
public sealed record Architecture(string Name, int ClassCount = 1000, int InChannels = 3, int? Width = null);
