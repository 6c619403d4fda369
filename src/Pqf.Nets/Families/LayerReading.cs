using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Families;

/// <summary>Makes layers of a state dict's tensors, one after the other: channels, groups and kernels are those of the shapes. Used within
/// one function, then thrown away.</summary>
/// <remarks>All functions throw <see cref="MisfitException"/> where a tensor is missing or has a shape that does not fit.</remarks>
sealed class LayerReading
{
    readonly HashSet<string> used = [];
    readonly Pair imageSize;
    readonly int inChannels;

    /// <summary>A reading that has images alone.</summary>
    /// <param name="shapes">The tensors.</param>
    /// <param name="stem">The convolution that reads the images; its filters tell how many channels they have.</param>
    /// <param name="imageSize">Rows and columns of images.</param>
    public LayerReading(LayerShapes shapes, string stem, Pair imageSize)
    {
        (Shapes, this.imageSize) = (shapes, imageSize);
        inChannels = Weight(stem, 4, "a convolution of images")[1];
        Images = Graph.Input(inChannels);
    }

    /// <summary>The tensors.</summary>
    public LayerShapes Shapes { get; }

    /// <summary>The layers so far.</summary>
    public GraphBuilder Graph { get; } = new();

    /// <summary>The node of the images.</summary>
    public int Images { get; }

    /// <summary>ε of the norms; PyTorch's by default.</summary>
    public float Eps { get; init; } = 1e-5f;

    /// <summary>Whether padding is TensorFlow's "same": as little as gives size / stride pixels, more of it below and
    /// on the right.</summary>
    public bool HasSamePadding { get; init; }

    /// <summary>A convolution of all channels. Its padding keeps the size at stride 1.</summary>
    public int Conv(int x, string layer, Pair? stride = null, Pair? padding = null)
    {
        var weight = Weight(layer, 4, $"a convolution of {Graph.Channels(x)} channels");
        return weight[1] == Graph.Channels(x)
            ? Append(x, layer, weight, 1, stride, padding)
            : throw Misfit(layer, $"[out, {Graph.Channels(x)}, k, k], a convolution of {Graph.Channels(x)} channels", weight);
    }

    /// <summary>A convolution of each channel by itself.</summary>
    public int Depthwise(int x, string layer, Pair? stride = null)
    {
        int channels = Graph.Channels(x);
        var weight = Weight(layer, 4, $"a depthwise convolution of {channels} channels");
        return weight[0] == channels && weight[1] == 1
            ? Append(x, layer, weight, channels, stride, null)
            : throw Misfit(layer, $"[{channels}, 1, k, k], a depthwise convolution of {channels} channels", weight);
    }

    /// <summary>A convolution of groups of channels, as many as its filters tell.</summary>
    public int Grouped(int x, string layer, Pair? stride = null)
    {
        int channels = Graph.Channels(x);
        var weight = Weight(layer, 4, $"a grouped convolution of {channels} channels");
        return weight[1] > 0 && channels % weight[1] == 0 && weight[0] % (channels / weight[1]) == 0
            ? Append(x, layer, weight, channels / weight[1], stride, null)
            : throw Misfit(layer, $"a grouped convolution of {channels} channels, whose groups have equal sizes", weight);
    }

    /// <summary>A batch norm.</summary>
    public int Norm(int x, string layer)
    {
        int channels = Graph.Channels(x);
        var weight = Weight(layer, 1, $"a norm of {channels} channels");
        if (weight[0] != channels)
            throw Misfit(layer, $"[{channels}], a norm of {channels} channels", weight);
        foreach (string part in (ReadOnlySpan<string>)["bias", "running_mean", "running_var", "num_batches_tracked"])
            used.Add($"{layer}.{part}");
        return Graph.BatchNorm(x, layer, Eps);
    }

    /// <summary>A convolution of all channels and its norm.</summary>
    public int ConvNorm(int x, string conv, string norm, Pair? stride = null) => Norm(Conv(x, conv, stride), norm);

    /// <summary>A linear layer.</summary>
    /// <param name="x">Node read, [N, features].</param>
    /// <param name="layer">Its name.</param>
    /// <param name="features">Columns read; null for the channels of <paramref name="x"/>.</param>
    public int Linear(int x, string layer, int? features = null)
    {
        int wanted = features ?? Graph.Channels(x);
        var weight = Weight(layer, 2, $"a linear layer of {wanted} inputs");
        return weight[1] == wanted
            ? Graph.Linear(x, layer, wanted, weight[0], Bias(layer, weight[0]))
            : throw Misfit(layer, $"[out, {wanted}], a linear layer of {wanted} inputs", weight);
    }

    /// <summary>Squeeze-and-excitation: channels times a gate made of their means (Hu et al. 2018, arXiv 1709.01507).</summary>
    /// <param name="x">Node read.</param>
    /// <param name="reduce">The first 1×1 convolution.</param>
    /// <param name="expand">The second.</param>
    /// <param name="activation">Between them.</param>
    /// <param name="gate">After them.</param>
    public int Squeeze(int x, string reduce, string expand, Func<int, int> activation, Func<int, int> gate)
    {
        int means = activation(Conv(Graph.GlobalAvgPool(x), reduce)),
            gates = Conv(means, expand);
        return Graph.Channels(gates) == Graph.Channels(x)
            ? Graph.Multiply(x, gate(gates))
            : throw Misfit(expand, $"{Graph.Channels(x)} filters, one for each channel", Shapes.Weight(expand)!.Value);
    }

    /// <summary>The sum of two branches.</summary>
    /// <param name="x">One.</param>
    /// <param name="shortcut">The other.</param>
    /// <param name="layer">The layer that ends the first, for messages.</param>
    public int Add(int x, int shortcut, string layer) =>
        Graph.Channels(x) == Graph.Channels(shortcut)
            ? Graph.Add(x, shortcut)
            : throw Misfit(layer, $"{Graph.Channels(shortcut)} channels, as the block's shortcut has", Shapes.Weight(layer)!.Value);

    /// <summary>The largest value under a window.</summary>
    public int MaxPool(int x, int kernel, int stride, int padding = 0, bool ceilMode = false) =>
        Graph.MaxPool2d(
            x,
            kernel,
            new PoolOptions
            {
                Stride = stride,
                Padding = padding,
                CeilMode = ceilMode,
            }
        );

    /// <summary>The linear layer that makes the classes of the means over all pixels.</summary>
    public int PooledHead(int x, string layer) => Linear(Graph.Flatten(Graph.GlobalAvgPool(x)), layer);

    /// <summary>Rows and columns of a node's value.</summary>
    /// <exception cref="ShapeException">The images are too small.</exception>
    public Pair SizeOf(int node)
    {
        var shape = GraphShapes.Of(Graph.Build(), [1, imageSize.H, imageSize.W, inChannels])[node];
        return new(shape[1], shape[2]);
    }

    /// <summary>Tensors of a module that training alone uses, such as a second head.</summary>
    public void Ignore(string module) =>
        used.UnionWith(Shapes.Names.Where(name => name.StartsWith($"{module}.", StringComparison.Ordinal)));

    /// <summary>The network, if all tensors are part of it.</summary>
    /// <param name="title">The family's name for a person.</param>
    public Graph Build(string title)
    {
        string[] others = [.. Shapes.Names.Where(name => !used.Contains(name) && !IsCount(name))];
        return others.Length == 0
            ? Graph.Build()
            : throw new MisfitException(
                others[0],
                $"expected no such tensor in {title}"
                    + (others.Length > 1 ? $", which also does not have {others.Length - 1} others of the file's" : "")
            );
    }

    /// <summary>A layer's weight, which must exist and have some axes.</summary>
    public Shape Weight(string layer, int rank, string expected)
    {
        string name = $"{layer}.weight";
        used.Add(name);
        return Shapes.Find(name) is not { } weight ? throw new MisfitException(name, $"is missing; expected {expected}")
            : weight.Rank != rank || weight.Count == 0 ? throw Misfit(layer, $"{expected}, of {rank} axes", weight)
            : weight;
    }

    /// <summary>The exception for a layer whose weight does not fit.</summary>
    public static MisfitException Misfit(string layer, string expected, Shape got) =>
        new($"{layer}.weight", $"expected {expected}, got {got}");

    // Counts of batches, or of operations and parameters (thop), which change no result.
    static bool IsCount(string name) => name[(name.LastIndexOf('.') + 1)..] is "num_batches_tracked" or "total_ops" or "total_params";

    int Append(int x, string layer, Shape weight, int groups, Pair? stride, Pair? padding)
    {
        var kernel = new Pair(weight[2], weight[3]);
        var step = stride ?? 1;
        var begin = padding ?? new Pair(kernel.H / 2, kernel.W / 2);
        Pair? end = null;
        if (HasSamePadding && step != 1)
        {
            var size = SizeOf(x);
            var all = new Pair(SamePadding(size.H, kernel.H, step.H), SamePadding(size.W, kernel.W, step.W));
            (begin, end) = (new(all.H / 2, all.W / 2), new Pair(all.H - (all.H / 2), all.W - (all.W / 2)));
        }

        var options = new Conv2dOptions
        {
            Stride = step,
            Padding = begin,
            EndPadding = end,
            Groups = groups,
        };
        return Graph.Conv2d(x, layer, weight[0], kernel, options, Bias(layer, weight[0]));
    }

    // TensorFlow's documentation of tf.nn.convolution, notes on padding.
    static int SamePadding(int size, int kernel, int stride) => Math.Max((((size + stride - 1) / stride) - 1) * stride + kernel - size, 0);

    bool Bias(string layer, int count)
    {
        string name = $"{layer}.bias";
        used.Add(name);
        return Shapes.Find(name) is not { } bias ? false
            : bias.Rank == 1 && bias[0] == count ? true
            : throw new MisfitException(name, $"expected [{count}], a bias of {count} channels, got {bias}");
    }
}
